import {
  callOptions,
  failureOf,
  newDedupeKey,
  noNeeds,
  sampleDraft,
  statusChange,
} from '@tripline/adapter-testkit'
import {
  AccessDenied,
  type PluginHost,
  PluginOutdated,
  Rejected,
  type Ticket,
  type TicketingAdapter,
  Unavailable,
} from '@tripline/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { salesforcePlugin } from '../src/index.ts'
import { idOf } from '../src/simulator/index.ts'
import { backlinkTo, type SalesforceWorld, startSalesforceWorld } from './salesforce-world.ts'

async function world(...options: Parameters<typeof startSalesforceWorld>): Promise<SalesforceWorld> {
  const started = await startSalesforceWorld(...options)
  onTestFinished(() => started.close())
  return started
}

const created = ({ adapter }: SalesforceWorld): Promise<Ticket> =>
  adapter.create(sampleDraft(), callOptions())

/** The same connection, where something happens before the first request of a method is sent. */
function before({ host, settings }: SalesforceWorld, method: string, act: () => void): TicketingAdapter {
  let hasActed = false
  const watching: PluginHost = {
    ...host,
    fetch: (input, init) => {
      if (init?.method === method && new Request(input).url.includes('/sobjects/') && !hasActed) {
        hasActed = true
        act()
      }
      return host.fetch(input, init)
    },
  }
  return salesforcePlugin.connect(settings, watching)
}

const writes = ({ salesforce }: SalesforceWorld): readonly unknown[] =>
  salesforce
    .requests()
    .filter(({ method, path }) => method === 'PATCH' && /\/Case\/500/u.test(path))
    .map(({ body }) => JSON.parse(body) as unknown)

describe('create', () => {
  test('repeated leaves alone what people changed since', async () => {
    const org = await world()
    const draft = sampleDraft()
    const ticket = await org.adapter.create(draft, callOptions())
    const maria = org.salesforce.user('mlindqvist@acme.example')
    org.salesforce.editCaseAsPerson(ticket.id, { Subject: 'By hand', Status: 'Escalated', OwnerId: maria.id })
    const again = await org.adapter.create(draft, callOptions())
    expect(again).toMatchObject({
      id: ticket.id,
      content: { summary: 'By hand' },
      status: { id: 'Escalated' },
    })
    expect(org.salesforce.cases()).toHaveLength(1)
  })

  test('makes one case however many do it at once', async () => {
    const org = await world()
    const draft = sampleDraft()
    const tickets = await Promise.all(
      Array.from({ length: 8 }, () => org.adapter.create(draft, callOptions())),
    )
    expect(new Set(tickets.map(({ id }) => id)).size).toBe(1)
    expect(org.salesforce.cases()).toHaveLength(1)
  })

  test('gives the case what the settings say, and lets no mapping replace what the adapter needs', async () => {
    const change = {
      defaultOwnerId: idOf('00G', 1).slice(0, 15),
      origin: 'Security Sensor',
      recordTypeId: idOf('012', 1),
    }
    const org = await world({}, change)
    const fields = {
      Origin: 'Web',
      OwnerId: idOf('005', 2),
      Subject: 'mine',
      Tripline_Key__c: 'mine',
      Id: 'mine',
    }
    const draft = sampleDraft({ fields })
    const ticket = await org.adapter.create(draft, callOptions())
    expect(org.salesforce.case(ticket.id)).toMatchObject({
      OwnerId: idOf('00G', 1),
      Origin: 'Web',
      RecordTypeId: idOf('012', 1),
      Subject: draft.summary,
      Tripline_Key__c: draft.dedupeKey,
    })
    expect(ticket.assignee).toBeNull()
  })

  test('runs assignment rules only where the settings say so', async () => {
    const assignTo = idOf('00G', 2)
    const plain = await world({ assignTo })
    expect((await created(plain)).assignee).toBeNull()
    const ruled = await world({ assignTo }, { assignmentRules: true })
    const ticket = await created(ruled)
    expect(ticket.assignee).toEqual({ id: assignTo, name: 'Malware Response' })
    const maria = ruled.salesforce.user('mlindqvist@acme.example')
    const given = await ruled.adapter.update(ticket, { assignee: { accountId: maria.id } }, callOptions())
    expect(given).toMatchObject({ refused: [], ticket: { assignee: { id: maria.id } } })
  })

  test('says what to do when several cases have the external id', async () => {
    const key = {
      name: 'Tripline_Key__c',
      label: 'Tripline Key',
      type: 'string',
      length: 80,
      externalId: true,
    } as const
    const org = await world({ customFields: [key] }, { caseUrlField: undefined, outcomeField: undefined })
    const draft = sampleDraft()
    const adapter = before(org, 'PATCH', () => {
      org.salesforce.createCaseAsPerson({ Tripline_Key__c: draft.dedupeKey })
      org.salesforce.createCaseAsPerson({ Tripline_Key__c: draft.dedupeKey })
    })
    const error = await failureOf(adapter.create(draft, callOptions()), org.secrets)
    expect(error).toBeInstanceOf(Rejected)
    expect(error.message).toMatch(/Make the external id field unique/u)
  })

  test('says what is missing when there is no external id field', async () => {
    const org = await world({}, { externalIdField: 'Detection_Url__c', caseUrlField: undefined })
    const error = await failureOf(created(org), org.secrets)
    expect(error).toMatchObject({
      code: 'REJECTED',
      message: expect.stringMatching(/external id field does not exist/u),
    })
  })

  test('names the rule that refuses the case', async () => {
    const rule = {
      message: 'An incident needs an origin.',
      field: 'Origin',
      breaks: ({ Origin }: { Origin?: unknown }) => Origin === undefined,
    }
    const org = await world({ validationRules: [rule] })
    const error = await failureOf(created(org), org.secrets)
    expect(error).toMatchObject({
      code: 'REJECTED',
      outcome: 'not_done',
      issues: [
        { path: 'Origin', message: 'An incident needs an origin. (FIELD_CUSTOM_VALIDATION_EXCEPTION)' },
      ],
    })
  })

  test('answers with the id when the case was created and cannot be read', async () => {
    const org = await world()
    org.faults.add({ ...org.readRequest, kind: 'server-error', times: 9 })
    const ticket = await created(org)
    org.faults.clear()
    expect(ticket).toMatchObject({ key: ticket.id, status: { id: '' } })
    const found = await org.adapter.find(ticket, callOptions())
    expect(ticket.content).toEqual({ ...found?.content, priority: null })
    const update = await org.adapter.update(ticket, { status: statusChange('Working') }, callOptions())
    expect(update).toMatchObject({ refused: [], statusId: 'Working' })
  })

  test('does not fail, and says so in the log, when only the link back is refused', async () => {
    const org = await world({ hiddenObjects: ['FeedItem'] }, { caseUrlField: undefined })
    const ticket = await created(org)
    expect(org.probes.backlinks(ticket.id)).toEqual([])
    expect(org.logged).toEqual([expect.stringMatching(/^warn: The link back .*"code":"ACCESS_DENIED"/u)])
  })

  test('posts the link back where there is no field for it', async () => {
    const org = await world({}, { caseUrlField: undefined })
    const draft = sampleDraft()
    const ticket = await org.adapter.create(draft, callOptions())
    const [post] = org.salesforce.companions('FeedItem', ticket.id)
    expect(post).toMatchObject({ Type: 'LinkPost', LinkUrl: draft.backlink.url, Title: draft.backlink.title })
  })
})

describe('update', () => {
  test('writes all parts in one request', async () => {
    const org = await world()
    const ticket = await created(org)
    const change = {
      status: statusChange('Working'),
      summary: 'Written',
      priority: 'High',
      assignee: { accountId: idOf('005', 2) },
    }
    await org.adapter.update(ticket, change, callOptions())
    expect(writes(org)).toEqual([
      { Status: 'Working', Subject: 'Written', Priority: 'High', OwnerId: idOf('005', 2) },
    ])
  })

  test('finds out when somebody is faster, and leaves what they set', async () => {
    const org = await world()
    const ticket = await created(org)
    const adapter = before(org, 'PATCH', () => {
      org.clock.advance(1_000)
      org.salesforce.editCaseAsPerson(ticket.id, { Status: 'Escalated' })
    })
    const update = await adapter.update(
      ticket,
      { status: statusChange('Working'), summary: 'Written' },
      callOptions(),
    )
    expect(update.refused).toEqual([
      { field: 'status', code: 'changed_meanwhile', message: expect.stringContaining('Escalated') },
    ])
    expect(update).toMatchObject({
      statusId: null,
      ticket: { status: { id: 'Escalated' }, content: { summary: 'Written' } },
    })
  })

  test('tells what it replaced where Salesforce cannot tell the moment apart', async () => {
    let second = Date.parse('2026-11-24T12:00:00Z')
    const org = await world({ now: () => new Date(second) }, { fieldHistory: true })
    const ticket = await created(org)
    second += 60_000
    org.salesforce.editCaseAsPerson(ticket.id, { Subject: 'First by hand' })
    const seen = await org.adapter.find(ticket, callOptions())
    const adapter = before(org, 'PATCH', () => {
      org.salesforce.editCaseAsPerson(
        ticket.id,
        { Subject: 'Second by hand', Priority: 'Low' },
        'daydin@acme.example',
      )
    })
    const update = await adapter.update(seen ?? ticket, { summary: 'Written' }, callOptions())
    expect(update).toMatchObject({
      refused: [],
      ticket: { content: { summary: 'Written', priority: 'Low' } },
    })
    expect(update.overwritten).toEqual([
      { field: 'summary', value: 'Second by hand', author: 'daydin@acme.example' },
    ])
  })

  test('tells which outcome it replaced, and that of nobody else', async () => {
    const second = Date.parse('2026-11-24T12:00:00Z')
    const org = await world({ now: () => new Date(second) }, { fieldHistory: true })
    const ticket = await created(org)
    org.salesforce.editCaseAsPerson(ticket.id, { Status: 'Closed', Outcome__c: 'Action taken' })
    const seen = await org.adapter.find(ticket, callOptions())
    const adapter = before(org, 'PATCH', () => {
      org.salesforce.editCaseAsPerson(ticket.id, { Outcome__c: 'False positive' }, 'daydin@acme.example')
    })
    const update = await adapter.update(seen ?? ticket, { status: statusChange('Working') }, callOptions())
    expect(update).toMatchObject({ refused: [], ticket: { status: { id: 'Working' } } })
    expect(update.overwritten).toEqual([
      { field: 'status', value: 'Closed (False positive)', author: 'daydin@acme.example' },
    ])
    const again = await org.adapter.update(
      update.ticket,
      { status: statusChange('Escalated') },
      callOptions(),
    )
    expect(again.overwritten).toEqual([])
  })

  test('writes the outcome to its field, and takes it away when the case is opened again', async () => {
    const org = await world()
    const ticket = await created(org)
    const close = statusChange('Closed', {
      resolution: 'action_taken',
      resolutionId: 'False positive',
      fields: { Origin: 'Web' },
    })
    const closed = await org.adapter.update(ticket, { status: close }, callOptions())
    expect(closed.ticket.resolution).toEqual({ id: 'False positive', name: 'False positive' })
    expect(writes(org)).toEqual([{ Status: 'Closed', Outcome__c: 'False positive', Origin: 'Web' }])
    await org.adapter.update(closed.ticket, { status: statusChange('Working') }, callOptions())
    expect(org.salesforce.case(ticket.id)).toMatchObject({ Status: 'Working', Outcome__c: null })
  })

  test('does not take an outcome of an earlier time for the present one', async () => {
    const org = await world()
    const ticket = await created(org)
    org.salesforce.editCaseAsPerson(ticket.id, { Outcome__c: 'False positive' })
    const seen = await org.adapter.find(ticket, callOptions())
    expect(seen?.resolution).toBeNull()
    const closed = await org.adapter.update(seen ?? ticket, { status: statusChange('Closed') }, callOptions())
    expect(closed).toMatchObject({ refused: [], ticket: { status: { category: 'done' }, resolution: null } })
  })

  test('closes without an outcome where there is no field for it, and says so', async () => {
    const org = await world({}, { outcomeField: undefined })
    const ticket = await created(org)
    const status = statusChange('Closed', { resolution: 'action_taken', resolutionId: 'Action taken' })
    const closed = await org.adapter.update(ticket, { status }, callOptions())
    expect(closed).toMatchObject({ statusId: 'Closed', ticket: { status: { id: 'Closed' } } })
    expect(closed.refused).toEqual([
      { field: 'status', code: 'not_applied', message: expect.stringContaining('outcome field') },
    ])
  })

  test('says what a validation rule says, and does the rest', async () => {
    const rule = {
      message: 'Say how it ended before you close it.',
      field: null,
      breaks: ({ Outcome__c, Status }: { Outcome__c?: unknown; Status?: unknown }) =>
        Status === 'Closed' && Outcome__c === undefined,
    }
    const org = await world({ validationRules: [rule] })
    const ticket = await created(org)
    const update = await org.adapter.update(
      ticket,
      { status: statusChange('Closed'), summary: 'Written' },
      callOptions(),
    )
    expect(update.refused).toEqual([
      { field: 'status', code: 'invalid_value', message: expect.stringContaining('Say how it ended') },
    ])
    expect(update.ticket).toMatchObject({ status: { id: 'New' }, content: { summary: 'Written' } })
  })

  test('says which fields it may not write', async () => {
    const org = await world({ readOnlyFields: ['Priority', 'OwnerId'] })
    const ticket = await created(org)
    const change = { priority: 'High', summary: 'Written', assignee: { accountId: idOf('005', 2) } }
    const update = await org.adapter.update(ticket, change, callOptions())
    expect(update.refused.map(({ code, field }) => `${field}: ${code}`).toSorted()).toEqual([
      'assignee: not_assignable',
      'priority: not_editable',
    ])
    expect(update.ticket.content.summary).toBe('Written')
  })

  test('says when a flow undoes what was accepted', async () => {
    const org = await world({
      beforeSave(record) {
        record['OwnerId'] = idOf('005', 1)
        if (record['Status'] === 'Working') record['Status'] = 'Escalated'
      },
    })
    const ticket = await created(org)
    const change = { status: statusChange('Working'), assignee: { accountId: idOf('005', 2) } }
    const update = await org.adapter.update(ticket, change, callOptions())
    expect(update.refused).toEqual([
      expect.objectContaining({ field: 'status', code: 'not_applied' }),
      expect.objectContaining({ field: 'assignee', code: 'not_applied' }),
    ])
  })

  test.each(['UNABLE_TO_LOCK_ROW', 'ENTITY_IS_LOCKED'] as const)('may be repeated after %s', async (lock) => {
    const org = await world()
    const ticket = await created(org)
    org.salesforce.lockCase(ticket.id, lock)
    const error = await failureOf(
      org.adapter.update(ticket, { summary: 'Written' }, callOptions()),
      org.secrets,
    )
    expect(error).toBeInstanceOf(Unavailable)
    expect(error.outcome).toBe('not_done')
    org.salesforce.lockCase(ticket.id, null)
    const update = await org.adapter.update(ticket, { summary: 'Written' }, callOptions())
    expect(update.ticket.content.summary).toBe('Written')
  })

  test('stops where a path leads through what does not exist, before anything is written', async () => {
    const org = await world()
    const ticket = await created(org)
    const status = statusChange('Closed', { via: ['Triaged'] })
    const update = await org.adapter.update(ticket, { status }, callOptions())
    expect(update.refused).toEqual([
      { field: 'status', code: 'no_transition', message: expect.stringContaining('no status Triaged') },
    ])
    expect(writes(org)).toEqual([])
  })

  test('gives cases to queues, and back to the owner for nobody', async () => {
    const org = await world({}, { defaultOwnerId: idOf('00G', 1) })
    const ticket = await created(org)
    const queue = idOf('00G', 2)
    const given = await org.adapter.update(
      ticket,
      { assignee: { accountId: queue.slice(0, 15) } },
      callOptions(),
    )
    expect(given.ticket.assignee).toEqual({ id: queue, name: 'Malware Response' })
    const back = await org.adapter.update(given.ticket, { assignee: { accountId: null } }, callOptions())
    expect(back.ticket.assignee).toBeNull()
    expect(org.salesforce.case(ticket.id)?.['OwnerId']).toBe(idOf('00G', 1))
    const leads = await org.adapter.update(
      back.ticket,
      { assignee: { accountId: idOf('00G', 3) } },
      callOptions(),
    )
    expect(leads.refused).toEqual([expect.objectContaining({ field: 'assignee', code: 'not_assignable' })])
  })
})

describe('link', () => {
  test('takes numbers without their zeros, ids and addresses of every kind', async () => {
    const org = await world()
    const { Id, CaseNumber } = org.salesforce.createCaseAsPerson({ Subject: 'By hand' })
    const id = String(Id)
    const { url } = org.salesforce
    for (const reference of [
      String(Number(CaseNumber)),
      id,
      id.slice(0, 15),
      `${url}/lightning/r/Case/${id}/view?0.source=alohaHeader`,
      `${url}/lightning/r/Account/001000000000001/view?ws=%2Flightning%2Fr%2FCase%2F${id}%2Fview`,
      `${url}/${id.slice(0, 15)}`,
      `${url}/console#%2F${id}`,
    ]) {
      const ticket = await org.adapter.link(
        reference,
        backlinkTo('https://tripline.example/1', newDedupeKey()),
        callOptions(),
      )
      expect({ reference, id: ticket.id }).toEqual({ reference, id })
    }
    expect(
      org.probes.backlinks(
        (await org.adapter.link(id, backlinkTo('https://tripline.example/1', newDedupeKey()), callOptions()))
          .id,
      ),
    ).toEqual(['https://tripline.example/1'])
  })

  test('leaves the field of another detection alone', async () => {
    const org = await world()
    const ticket = await created(org)
    const first = org.probes.backlinks(ticket.id)
    await org.adapter.link(
      ticket.key,
      backlinkTo('https://tripline.example/2', newDedupeKey()),
      callOptions(),
    )
    expect(org.probes.backlinks(ticket.id)).toEqual([...first, 'https://tripline.example/2'])
    expect(org.salesforce.case(ticket.id)?.['Detection_Url__c']).toBe(first[0])
  })
})

describe('find', () => {
  test('does not take an API version that is not there for a missing case', async () => {
    const org = await world()
    const ticket = await created(org)
    const adapter = salesforcePlugin.connect({ ...org.settings, apiVersion: '99.0' }, org.host)
    expect(await failureOf(adapter.find(ticket, callOptions()), org.secrets)).toBeInstanceOf(PluginOutdated)
  })

  test('does not take a lost permission for a missing case', async () => {
    const org = await world({ hiddenObjects: ['Case'] })
    const ref = { id: org.absentTicket.id, key: 'x' }
    expect(await failureOf(org.adapter.find(ref, callOptions()), org.secrets)).toBeInstanceOf(AccessDenied)
  })
})

describe('comment', () => {
  test('is for those inside only', async () => {
    const org = await world()
    const ticket = await created(org)
    const text = [{ kind: 'paragraph', runs: [{ text: 'Looked at it: ünïcödé' }] }] as const
    await org.adapter.comment?.(ticket, text, newDedupeKey(), callOptions())
    expect(org.salesforce.companions('CaseComment', ticket.id)).toEqual([
      expect.objectContaining({ IsPublished: false, CommentBody: expect.stringContaining('ünïcödé') }),
    ])
  })

  test('counts bytes, as Salesforce does', async () => {
    const org = await world()
    const ticket = await created(org)
    const text = [{ kind: 'paragraph', runs: [{ text: '漢字'.repeat(2_000) }] }] as const
    const marker = newDedupeKey()
    await org.adapter.comment?.(ticket, text, marker, callOptions())
    const [comment] = org.salesforce.companions('CaseComment', ticket.id)
    expect(String(comment?.['CommentBody'])).toMatch(new RegExp(`^漢字(?:.|\\s)*${marker}$`, 'u'))
  })

  test('is found among more comments than a page holds', async () => {
    const org = await world({ pageSize: 3 })
    const ticket = await created(org)
    const marker = newDedupeKey()
    const first = await org.adapter.comment?.(ticket, [], marker, callOptions())
    for (let index = 0; index < 10; index += 1) {
      org.clock.advance(1_000)
      org.salesforce.commentAsPerson(ticket.id, `Comment ${index}`)
    }
    expect(await org.adapter.comment?.(ticket, [], marker, callOptions())).toEqual(first)
  })
})

describe('listTicketsUpdatedSince', () => {
  test('pages by the last case, so that changes on the way are not skipped', async () => {
    const org = await world({ pageSize: 400 })
    const since = new Date(Date.now() - 1_000)
    for (let index = 0; index < 1_003; index += 1)
      org.salesforce.createCaseAsPerson({ Subject: `Case ${index}` })
    const first = await org.adapter.listTicketsUpdatedSince?.(since, null, callOptions())
    expect(first?.tickets).toHaveLength(1_000)
    org.clock.advance(5_000)
    const changed = String(org.salesforce.cases()[0]?.['Id'])
    org.salesforce.editCaseAsPerson(changed, { Subject: 'Changed on the way' })
    const second = await org.adapter.listTicketsUpdatedSince?.(since, first?.nextCursor ?? '', callOptions())
    const ids = [...(first?.tickets ?? []), ...(second?.tickets ?? [])].map(({ id }) => id)
    expect(new Set(ids).size).toBe(1_003)
    expect(second?.tickets.at(-1)?.id).toBe(changed)
    expect(second?.nextCursor).toBeNull()
  })
})

describe('findAccount', () => {
  test.each([
    ['mlindqvist@acme.example', idOf('005', 2)],
    ['MARIA LINDQVIST', idOf('005', 2)],
    ['Malware Response', idOf('00G', 2)],
    ['Sales Leads', null],
    ['Kim Gone', null],
    ["x' OR Name != '", null],
    ['back\\slash', null],
  ])('finds %s', async (username, id) => {
    const org = await world()
    expect((await org.adapter.findAccount?.(username, callOptions()))?.id ?? null).toBe(id)
  })
})

describe('a description', () => {
  test('tells what there is to map to, with closed statuses done', async () => {
    const org = await world()
    expect(await org.adapter.describe?.(callOptions())).toEqual({
      statuses: [
        { id: 'New', name: 'New', category: 'open' },
        { id: 'Working', name: 'Working', category: 'active' },
        { id: 'Escalated', name: 'Escalated', category: 'active' },
        { id: 'Closed', name: 'Closed', category: 'done' },
      ],
      resolutions: ['Action taken', 'No action taken', 'False positive'].map((id) => ({ id, name: id })),
      priorities: ['High', 'Medium', 'Low'].map((id) => ({ id, name: id })),
    })
    expect((await org.adapter.check(noNeeds, callOptions())).product).toBe(
      'Salesforce Enterprise Edition, API 62.0',
    )
  })
})
