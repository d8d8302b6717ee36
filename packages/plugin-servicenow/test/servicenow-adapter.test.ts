import { callOptions, failureOf, newDedupeKey, sampleDraft, statusChange } from '@tripline/adapter-testkit'
import {
  AccessDenied,
  type PluginHost,
  PluginOutdated,
  RateLimited,
  Rejected,
  type Ticket,
  type TicketingAdapter,
  TicketNotFound,
  Unavailable,
} from '@tripline/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { servicenowPlugin } from '../src/index.ts'
import { sysIdOf } from '../src/simulator/index.ts'
import { type ServiceNowWorld, startServiceNowWorld } from './servicenow-world.ts'

async function world(...options: Parameters<typeof startServiceNowWorld>): Promise<ServiceNowWorld> {
  const started = await startServiceNowWorld(...options)
  onTestFinished(() => started.close())
  return started
}

const created = ({ adapter }: ServiceNowWorld): Promise<Ticket> =>
  adapter.create(sampleDraft(), callOptions())

/** The same connection, where something happens before the first request of a method is sent. */
function before({ host, settings }: ServiceNowWorld, method: string, act: () => void): TicketingAdapter {
  let hasActed = false
  const watching: PluginHost = {
    ...host,
    fetch: (input, init) => {
      if (init?.method === method && !hasActed) {
        hasActed = true
        act()
      }
      return host.fetch(input, init)
    },
  }
  return servicenowPlugin.connect(settings, watching)
}

/** The bodies of all updates, refused ones included. */
const writes = ({ servicenow }: ServiceNowWorld): readonly unknown[] =>
  servicenow
    .requests()
    .filter(({ method }) => method === 'PATCH')
    .map(({ body }) => JSON.parse(body) as unknown)

const resolve = statusChange('6', { resolution: 'action_taken', resolutionId: 'Solution provided' })

describe('create', () => {
  test('marks the incident as ours, and gives it the group and the caller of the settings', async () => {
    const change = { assignmentGroup: sysIdOf('sys_user_group', 1), callerId: sysIdOf('sys_user', 5) }
    const { adapter, servicenow } = await world({}, change)
    const draft = sampleDraft({
      priority: '1',
      fields: { category: 'security', correlation_id: 'mine', short_description: 'mine', priority: '4' },
    })
    const ticket = await adapter.create(draft, callOptions())
    expect(servicenow.incident(ticket.id)).toMatchObject({
      correlation_id: draft.dedupeKey,
      correlation_display: 'Tripline',
      assignment_group: change.assignmentGroup,
      caller_id: change.callerId,
      category: 'security',
      short_description: draft.summary,
      impact: '1',
      urgency: '1',
      priority: '1',
    })
    expect(ticket).toMatchObject({ key: 'INC0010001', content: { priority: '1' }, resolution: null })
  })

  test('lets a mapping take the place of the settings, and adds its note to the link back', async () => {
    const { adapter, servicenow } = await world({}, { assignmentGroup: sysIdOf('sys_user_group', 1) })
    const fields = {
      assignment_group: sysIdOf('sys_user_group', 2),
      work_notes: 'Seen by [code]<b>x</b>[/code]',
    }
    const draft = sampleDraft({ fields })
    const ticket = await adapter.create(draft, callOptions())
    expect(servicenow.incident(ticket.id)?.['assignment_group']).toBe(fields.assignment_group)
    expect(servicenow.journal(ticket.id).map(({ value }) => value)).toEqual([
      `Seen by [ code]<b>x</b>[ /code]\n\nDetection in Tripline: ${draft.backlink.url}`,
    ])
  })

  test('refuses a priority that the settings cannot reach, before anything is sent', async () => {
    const { adapter, secrets, servicenow } = await world()
    const error = await failureOf(
      adapter.create(sampleDraft({ priority: 'toString' }), callOptions()),
      secrets,
    )
    expect(error).toMatchObject({ code: 'REJECTED', issues: [{ path: 'priority' }] })
    expect(servicenow.requests()).toEqual([])
  })

  test('says which business rule refused it, and that nothing was created', async () => {
    const rule = {
      name: 'Require category',
      run: (record: Record<string, string>) => (record['category'] === 'security' ? undefined : 'abort'),
    } as const
    const { adapter, secrets, servicenow } = await world({ businessRules: [rule] })
    const error = await failureOf(adapter.create(sampleDraft(), callOptions()), secrets)
    expect(error).toMatchObject({
      code: 'REJECTED',
      outcome: 'not_done',
      message: expect.stringContaining("aborted by Business Rule 'Require category"),
    })
    expect(servicenow.incidents()).toEqual([])
    const fields = { category: 'security' }
    await adapter.create(sampleDraft({ fields }), callOptions())
    expect(servicenow.incidents()).toHaveLength(1)
  })

  test('warns when an access rule dropped the correlation id', async () => {
    const start = await world({ readOnlyFields: ['correlation_id'] })
    const ticket = await created(start)
    expect(ticket.key).toBe('INC0010001')
    expect(start.logged).toEqual([
      expect.stringMatching(/^warn: The incident did not take its correlation id/u),
    ])
  })

  test('fits the columns as they come, counted after everything is made harmless', async () => {
    const { adapter, servicenow } = await world()
    const draft = sampleDraft({
      summary: '[code]'.repeat(60),
      description: [
        { kind: 'paragraph', runs: [{ text: '[code]<img src=x onerror=alert(1)>[/code]'.repeat(200) }] },
      ],
    })
    const ticket = await adapter.create(draft, callOptions())
    const { description = '', short_description: summary = '' } = servicenow.incident(ticket.id) ?? {}
    expect(summary).toHaveLength(160)
    expect(description.length).toBeLessThanOrEqual(4_000)
    expect(description.length).toBeGreaterThan(3_800)
    expect(summary + description).not.toMatch(/\[\/?code/iu)
    const { description: text, summary: line } = draft
    const update = await adapter.update(ticket, { summary: line, description: text }, callOptions())
    expect(update).toMatchObject({ refused: [], ticket: { updatedAt: ticket.updatedAt } })
  })
})

describe('findCreated', () => {
  test('takes the first of several incidents with the key', async () => {
    const start = await world()
    const dedupeKey = newDedupeKey()
    const first = start.servicenow.createIncidentAsPerson({ correlation_id: dedupeKey })
    start.clock.advance(1_000)
    start.servicenow.createIncidentAsPerson({ correlation_id: dedupeKey })
    expect((await start.adapter.findCreated?.(dedupeKey, callOptions()))?.id).toBe(first['sys_id'])
  })

  test('does not say "not created" of an incident that is hidden, wholly or in part', async () => {
    for (const options of [
      { hiddenRows: (table: string) => table === 'incident' },
      { hiddenFields: ['correlation_id'] },
    ]) {
      const { adapter, secrets, servicenow } = await world(options)
      const dedupeKey = newDedupeKey()
      servicenow.createIncidentAsPerson({ correlation_id: dedupeKey })
      const call = adapter.findCreated?.(dedupeKey, callOptions()) ?? Promise.resolve(null)
      expect(await failureOf(call, secrets)).toBeInstanceOf(AccessDenied)
    }
  })
})

describe('update', () => {
  test('writes all parts in one request, and names people by their ids', async () => {
    const start = await world()
    const ticket = await created(start)
    const change = {
      status: statusChange('2'),
      summary: 'Written',
      priority: '2',
      assignee: { accountId: sysIdOf('sys_user', 2) },
    }
    const update = await start.adapter.update(ticket, change, callOptions())
    expect(writes(start)).toEqual([
      {
        state: '2',
        short_description: 'Written',
        impact: '1',
        urgency: '2',
        assigned_to: sysIdOf('sys_user', 2),
      },
    ])
    expect(update.ticket).toMatchObject({
      status: { id: '2', name: 'In Progress', category: 'active' },
      assignee: { name: 'mlindqvist' },
    })
  })

  test('resolves with code and notes, of the mapping or else of the settings', async () => {
    const start = await world({}, { closeNotes: 'Closed by the SOC.' })
    const [one, two] = [await created(start), await created(start)]
    await start.adapter.update(one, { status: resolve }, callOptions())
    const fields = { close_notes: 'Host was reimaged [code]<b>[/code]', category: 'security' }
    const closed = await start.adapter.update(two, { status: { ...resolve, fields } }, callOptions())
    expect(closed.ticket).toMatchObject({
      status: { id: '6', category: 'done' },
      resolution: { id: 'Solution provided', name: 'Solution provided' },
    })
    expect(writes(start)).toEqual([
      { state: '6', close_code: 'Solution provided', close_notes: 'Closed by the SOC.' },
      {
        state: '6',
        close_code: 'Solution provided',
        close_notes: 'Host was reimaged [ code]<b>[ /code]',
        category: 'security',
      },
    ])
  })

  test('says what the data policy misses, does the rest, and closes once a code is set', async () => {
    const start = await world()
    const ticket = await created(start)
    const change = { status: statusChange('6'), summary: 'Written' }
    const update = await start.adapter.update(ticket, change, callOptions())
    expect(update.refused).toEqual([
      { field: 'status', code: 'missing_fields', message: expect.stringContaining('Resolution code') },
    ])
    expect(update.ticket).toMatchObject({ status: { id: '1' }, content: { summary: 'Written' } })
    const settled = servicenowPlugin.connect({ ...start.settings, closeCode: 'Known error' }, start.host)
    const closed = await settled.update(update.ticket, { status: statusChange('6') }, callOptions())
    expect(closed).toMatchObject({ refused: [], ticket: { resolution: { id: 'Known error' } } })
  })

  test('goes through resolved to closed, each with its code', async () => {
    const start = await world()
    const ticket = await created(start)
    const status = { ...resolve, target: { id: '7' }, via: ['2', '6'] }
    const update = await start.adapter.update(ticket, { status }, callOptions())
    expect(update).toMatchObject({
      refused: [],
      statusId: '7',
      ticket: { status: { id: '7', name: 'Closed' } },
    })
    expect(writes(start)).toHaveLength(3)
  })

  test('closes last and opens first when parts have to go one by one', async () => {
    const keepsAssignee = {
      name: 'Keep the assignee',
      run: (record: Record<string, string>, earlier: Readonly<Record<string, string>> | null) =>
        earlier !== null && record['assigned_to'] !== earlier['assigned_to'] ? 'abort' : undefined,
    } as const
    const start = await world({ businessRules: [keepsAssignee] })
    const ticket = await created(start)
    const assignee = { accountId: sysIdOf('sys_user', 2) }
    const status = { ...resolve, target: { id: '7' } }
    const closed = await start.adapter.update(ticket, { status, summary: 'Written', assignee }, callOptions())
    expect(closed.refused.map(({ field }) => field)).toEqual(['assignee'])
    expect(closed.ticket).toMatchObject({ status: { id: '7' }, content: { summary: 'Written' } })

    start.servicenow.editIncidentAsPerson(ticket.id, { state: '6' })
    const seen = (await start.adapter.find(ticket, callOptions())) ?? ticket
    start.servicenow.clearRequests()
    await start.adapter.update(seen, { status: statusChange('2'), summary: 'Again', assignee }, callOptions())
    expect(writes(start).slice(1)).toEqual([
      { state: '2', close_code: '' },
      { short_description: 'Again' },
      { assigned_to: sysIdOf('sys_user', 2) },
    ])
  })

  test('closes with the first done state when any will do', async () => {
    const start = await world()
    const ticket = await created(start)
    const status = { ...resolve, target: { category: 'done' } as const }
    expect((await start.adapter.update(ticket, { status }, callOptions())).statusId).toBe('6')
  })

  test('takes the code away when the incident is opened again', async () => {
    const start = await world()
    const closed = await start.adapter.update(await created(start), { status: resolve }, callOptions())
    await start.adapter.update(closed.ticket, { status: statusChange('2') }, callOptions())
    expect(start.servicenow.incident(closed.ticket.id)).toMatchObject({ state: '2', close_code: '' })
  })

  test('changes the code of an incident that is resolved already, and leaves its state', async () => {
    const start = await world()
    const closed = await start.adapter.update(await created(start), { status: resolve }, callOptions())
    const status = { ...resolve, resolutionId: 'User error' }
    const update = await start.adapter.update(closed.ticket, { status }, callOptions())
    expect(update).toMatchObject({
      refused: [],
      statusId: null,
      ticket: { resolution: { id: 'User error' } },
    })
  })

  test('says that a closed incident takes no more, part by part', async () => {
    const start = await world()
    const ticket = await created(start)
    start.servicenow.editIncidentAsPerson(ticket.id, {
      state: '7',
      close_code: 'Duplicate',
      close_notes: 'By hand',
    })
    const seen = (await start.adapter.find(ticket, callOptions())) ?? ticket
    const change = {
      status: statusChange('2'),
      summary: 'Written',
      assignee: { accountId: sysIdOf('sys_user', 2) },
    }
    const update = await start.adapter.update(seen, change, callOptions())
    expect(update.refused.map(({ code, field }) => `${field}: ${code}`).toSorted()).toEqual([
      'assignee: not_assignable',
      'status: no_transition',
      'summary: not_editable',
    ])
    expect(update.ticket).toEqual(seen)
  })

  test('puts on hold with the reason that the settings have for that state', async () => {
    const start = await world({}, { stateFields: { '3': { hold_reason: '4' } } })
    const ticket = await created(start)
    const update = await start.adapter.update(ticket, { status: statusChange('3') }, callOptions())
    expect(update.statusId).toBe('3')
    expect(start.servicenow.incident(ticket.id)?.['hold_reason']).toBe('4')
  })

  test('knows states that an instance made itself', async () => {
    const states = [
      { value: '1', label: 'Neu' },
      { value: '20', label: 'In Analyse' },
      { value: '30', label: 'Erledigt' },
    ]
    const start = await world({ states }, { doneStates: ['30'] })
    const ticket = await created(start)
    const status = statusChange('', { target: { category: 'active' } })
    const update = await start.adapter.update(ticket, { status }, callOptions())
    expect(update.ticket.status).toEqual({ id: '20', name: 'In Analyse', category: 'active' })
    const back = await start.adapter.update(
      update.ticket,
      { status: statusChange('', { target: { category: 'done' } }) },
      callOptions(),
    )
    expect(back.ticket.status).toEqual({ id: '30', name: 'Erledigt', category: 'done' })
  })

  test('says which parts an access rule dropped without a word', async () => {
    const start = await world({
      readOnlyFields: ['short_description', 'assigned_to', 'state', 'impact', 'urgency'],
    })
    const ticket = await created(start)
    start.servicenow.editIncidentAsPerson(ticket.id, { short_description: 'By hand' })
    const seen = (await start.adapter.find(ticket, callOptions())) ?? ticket
    const change = {
      status: statusChange('2'),
      summary: 'Written',
      description: [{ kind: 'paragraph', runs: [{ text: 'Written' }] }] as const,
      priority: '1',
      assignee: { accountId: sysIdOf('sys_user', 2) },
    }
    const update = await start.adapter.update(seen, change, callOptions())
    expect(update.refused.map(({ code, field }) => `${field}: ${code}`).toSorted()).toEqual([
      'assignee: not_applied',
      'priority: not_applied',
      'status: not_applied',
      'summary: not_applied',
    ])
    expect(update.statusId).toBeNull()
    expect(update.ticket.content).toMatchObject({ summary: 'By hand', description: 'Written' })
  })

  test('says when a business rule puts a value back, or refuses one, and does the rest', async () => {
    const start = await world({
      businessRules: [
        {
          name: 'Keep with the desk',
          run: (record) => {
            record['assigned_to'] = ''
            return undefined
          },
        },
        {
          name: 'No analysis at night',
          run: (record, earlier) =>
            record['state'] === '2' && earlier?.['state'] !== '2' ? 'abort' : undefined,
        },
      ],
    })
    const ticket = await created(start)
    const change = {
      status: statusChange('2'),
      summary: 'Written',
      assignee: { accountId: sysIdOf('sys_user', 2) },
    }
    const update = await start.adapter.update(ticket, change, callOptions())
    expect(update.refused.toSorted((one, other) => one.field.localeCompare(other.field))).toEqual([
      expect.objectContaining({ field: 'assignee', code: 'not_applied' }),
      {
        field: 'status',
        code: 'no_transition',
        message: expect.stringContaining("Business Rule 'No analysis at night"),
      },
    ])
    expect(update.ticket.content.summary).toBe('Written')
  })

  test('says when the column is shorter than the settings say', async () => {
    const start = await world({ lengths: { short_description: 80 } })
    const ticket = await created(start)
    const update = await start.adapter.update(ticket, { summary: 'long '.repeat(30) }, callOptions())
    expect(update.refused).toEqual([
      { field: 'summary', code: 'not_applied', message: expect.stringContaining('its first 79 characters') },
    ])
  })

  test('says when the priority came out as another than the settings say', async () => {
    const priorities = { '1': { impact: '2', urgency: '2' } }
    const start = await world({}, { priorities })
    const update = await start.adapter.update(await created(start), { priority: '1' }, callOptions())
    expect(update.refused).toEqual([
      { field: 'priority', code: 'not_applied', message: expect.stringContaining('has the priority 3') },
    ])
  })

  test('tells what it replaced, by the names that people read', async () => {
    const start = await world({}, { history: true })
    const ticket = await created(start)
    const adapter = before(start, 'PATCH', () => {
      start.servicenow.editIncidentAsPerson(
        ticket.id,
        { state: '3', assigned_to: sysIdOf('sys_user', 5), description: 'By hand' },
        'daydin',
      )
    })
    const change = { status: statusChange('2'), assignee: { accountId: sysIdOf('sys_user', 2) } }
    const update = await adapter.update(ticket, change, callOptions())
    expect(update).toMatchObject({ refused: [], ticket: { status: { id: '2' } } })
    expect(update.overwritten.toSorted((one, other) => one.field.localeCompare(other.field))).toEqual([
      { field: 'assignee', value: 'asmith', author: 'daydin' },
      { field: 'status', value: 'On Hold', author: 'daydin' },
    ])
  })

  test('tells which resolution code it replaced', async () => {
    const start = await world({}, { history: true })
    const ticket = await created(start)
    start.servicenow.editIncidentAsPerson(ticket.id, {
      state: '6',
      close_code: 'Duplicate',
      close_notes: 'By hand',
    })
    const seen = await start.adapter.find(ticket, callOptions())
    const adapter = before(start, 'PATCH', () => {
      start.servicenow.editIncidentAsPerson(ticket.id, { close_code: 'User error' }, 'daydin')
    })
    const update = await adapter.update(seen ?? ticket, { status: statusChange('2') }, callOptions())
    expect(update).toMatchObject({ refused: [], ticket: { status: { id: '2' } } })
    expect(update.overwritten).toEqual([
      { field: 'status', value: 'Resolved (User error)', author: 'daydin' },
    ])
  })

  test('asks for no history where nobody came between', async () => {
    const start = await world({}, { history: true })
    await start.adapter.update(await created(start), { summary: 'Written' }, callOptions())
    expect(start.servicenow.requests().filter(({ path }) => path.includes('sys_audit'))).toEqual([])
  })
})

describe('find', () => {
  test('does not take a lost permission for a missing incident', async () => {
    for (const options of [
      { hiddenTables: ['incident'] },
      { hiddenRows: (table: string) => table === 'incident' },
    ]) {
      const { adapter, secrets, servicenow } = await world(options)
      const { sys_id: id = '' } = servicenow.createIncidentAsPerson({ short_description: 'By hand' })
      const call = adapter.find({ id: id as Ticket['id'], key: 'x' }, callOptions())
      expect(await failureOf(call, secrets)).toBeInstanceOf(AccessDenied)
    }
  })

  test('leaves out what it may not read, and does not take it for empty', async () => {
    const start = await world({ hiddenFields: ['description', 'priority'] })
    const ticket = await created(start)
    expect(ticket.content).toEqual({ summary: sampleDraft().summary })
    const update = await start.adapter.update(
      ticket,
      { description: [{ kind: 'paragraph', runs: [{ text: 'Written' }] }] },
      callOptions(),
    )
    expect(update.refused).toEqual([])
    expect(start.servicenow.incident(ticket.id)?.['description']).toBe('Written')
  })

  test('reads instants as UTC, whatever the time zone of the integration user', async () => {
    const now = new Date('2026-11-24T23:59:58.700Z')
    const start = await world({ now: () => now })
    expect((await created(start)).updatedAt).toEqual(new Date('2026-11-24T23:59:58Z'))
  })
})

describe('a sleeping instance', () => {
  test('is unavailable, whatever was asked, and did nothing', async () => {
    const start = await world()
    const { adapter, secrets, servicenow } = start
    const ticket = await created(start)
    servicenow.hibernate(true)
    const calls: readonly (() => Promise<unknown>)[] = [
      () => adapter.find(ticket, callOptions()),
      () => adapter.create(sampleDraft(), callOptions()),
      () => adapter.update(ticket, { summary: 'x' }, callOptions()),
    ]
    for (const call of calls) {
      const error = await failureOf(call(), secrets)
      expect(error).toBeInstanceOf(Unavailable)
      expect(error).toMatchObject({ outcome: 'not_done', message: expect.stringContaining('hibernating') })
    }
    servicenow.hibernate(false)
    expect(await adapter.find(ticket, callOptions())).toEqual(ticket)
    expect(servicenow.incidents()).toHaveLength(1)
  })
})

describe('a cancelled transaction', () => {
  const error = { message: 'Transaction cancelled: maximum execution time exceeded', detail: '' }
  const whole = JSON.stringify({ result: [], error, status: 'failure' })

  test.each([
    ['whole', whole],
    ['broken off in the middle of a row', whole.replace('[]', '[{"sys_id":"1"}""]')],
  ])('is not taken for an empty list, when its answer is %s', async (_, body) => {
    const start = await world()
    const cancelling: PluginHost = {
      ...start.host,
      fetch: () => Promise.resolve(new Response(body, { status: 200 })),
    }
    const adapter = servicenowPlugin.connect(start.settings, cancelling)
    for (const call of [
      () => adapter.listTicketsUpdatedSince?.(new Date(), null, callOptions()) ?? Promise.resolve(),
      () => adapter.findCreated?.(newDedupeKey(), callOptions()) ?? Promise.resolve(),
    ]) {
      expect(await failureOf(call(), start.secrets)).toBeInstanceOf(Unavailable)
    }
    const create = adapter.create(sampleDraft(), callOptions())
    expect(await failureOf(create, start.secrets)).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' })
  })
})

describe('a value that is empty', () => {
  test('may come as a text alone', async () => {
    const start = await world()
    const ticket = await created(start)
    const plain: PluginHost = {
      ...start.host,
      async fetch(input, init) {
        const answer = await start.host.fetch(input, init)
        const body = (await answer.text()).replaceAll('{"display_value":"","value":""}', '""')
        return new Response(body, { status: answer.status, headers: answer.headers })
      },
    }
    const adapter = servicenowPlugin.connect(start.settings, plain)
    expect(await adapter.find(ticket, callOptions())).toEqual(ticket)
  })
})

describe('a rate limit', () => {
  test('says when to come back', async () => {
    const now = new Date('2026-11-24T10:59:00Z')
    const { adapter, secrets } = await world({ requestsPerHour: 1, now: () => now })
    await adapter.create(sampleDraft(), callOptions())
    const error = await failureOf(adapter.create(sampleDraft(), callOptions()), secrets)
    expect(error).toBeInstanceOf(RateLimited)
    expect(error).toMatchObject({ retryAfterMs: 60_000, outcome: 'not_done' })
  })
})

describe('another server', () => {
  test('is named as such', async () => {
    const start = await world()
    const baseUrl = start.servicenow.url
    const wrong: PluginHost = {
      ...start.host,
      fetch: (input, init) =>
        start.host.fetch(new Request(input).url.replace('/api/now/table', '/nothing/here'), init),
    }
    const adapter = servicenowPlugin.connect({ ...start.settings, baseUrl }, wrong)
    const error = await failureOf(
      adapter.findCreated?.(newDedupeKey(), callOptions()) ?? Promise.resolve(),
      [],
    )
    expect(error).toBeInstanceOf(PluginOutdated)
  })
})

describe('link', () => {
  test('takes numbers, ids and addresses of every kind', async () => {
    const start = await world()
    const { number = '', sys_id: id = '' } = start.servicenow.createIncidentAsPerson({
      short_description: 'x',
    })
    const { url } = start.servicenow
    const target = encodeURIComponent(`incident.do?sys_id=${id}&sysparm_view=`)
    for (const reference of [
      number,
      number.toLowerCase(),
      id,
      `${url}/incident.do?sys_id=${id}`,
      `${url}/nav_to.do?uri=incident.do?sys_id=${id}`,
      `${url}/nav_to.do?uri=%2Fincident.do%3Fsys_id%3D${id}%26sysparm_stack%3Dincident_list.do`,
      `${url}/now/nav/ui/classic/params/target/${target}`,
      `${url}/now/nav/ui/classic/params/target/${encodeURIComponent(target)}`,
      `${url}/now/sow/record/incident/${id}/params/selected-tab-index/0`,
      `${url}/now/workspace/agent/record/incident/${id}`,
      `${url}/incident.do?sysparm_query=number=${number}`,
      `${url}/incident.do?sysparm_query=number%3D${number}`,
    ]) {
      const backlink = { dedupeKey: newDedupeKey(), url: 'https://tripline.example/1', title: 'A detection' }
      const ticket = await start.adapter.link(reference, backlink, callOptions())
      expect({ reference, id: ticket.id }).toEqual({ reference, id })
    }
    expect(start.servicenow.journal(id).map(({ element, value }) => [element, value])).toEqual([
      ['work_notes', 'A detection: https://tripline.example/1'],
    ])
  })

  test('says that the journal is hidden instead of noting the link again', async () => {
    const start = await world({ hiddenRows: (table) => table === 'sys_journal_field' })
    const ticket = await created(start)
    const { backlink } = sampleDraft()
    await start.adapter.link(ticket.key, backlink, callOptions())
    const error = await failureOf(start.adapter.link(ticket.key, backlink, callOptions()), start.secrets)
    expect(error).toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringContaining('sys_journal_field'),
    })
    expect(start.probes.backlinks(ticket.id).filter((url) => url === backlink.url)).toHaveLength(1)
  })
})

describe('comment', () => {
  const text = [
    { kind: 'paragraph', runs: [{ text: '[CODE]<script>alert(1)</script>[/Code] and @[Maria Lindqvist]' }] },
  ] as const

  test.each(['work_notes', 'comments'])(
    'goes to %s, with nothing in it that does anything',
    async (comments) => {
      const start = await world({}, { comments })
      const ticket = await created(start)
      const marker = newDedupeKey()
      const comment = await start.adapter.comment?.(ticket, text, marker, callOptions())
      const entry = start.servicenow.journal(ticket.id).at(-1)
      expect(entry).toMatchObject({
        sys_id: comment?.id,
        element: comments,
        value: `[ CODE]<script>alert(1)</script>[ /Code] and @ [Maria Lindqvist]\n\n${marker}`,
      })
    },
  )

  test('is not repeated where the journal is hidden, and the reason is said', async () => {
    const start = await world({ hiddenRows: (table) => table === 'sys_journal_field' })
    const ticket = await created(start)
    const marker = newDedupeKey()
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const call = start.adapter.comment?.(ticket, text, marker, callOptions()) ?? Promise.resolve()
      expect(await failureOf(call, start.secrets)).toBeInstanceOf(AccessDenied)
    }
    expect(start.servicenow.journal(ticket.id).filter(({ value }) => value?.includes(marker))).toHaveLength(1)
  })

  test('on an incident that is gone is not found', async () => {
    const start = await world()
    const ticket = await created(start)
    start.servicenow.deleteIncident(ticket.id)
    const call = start.adapter.comment?.(ticket, text, newDedupeKey(), callOptions()) ?? Promise.resolve()
    expect(await failureOf(call, start.secrets)).toBeInstanceOf(TicketNotFound)
  })
})

describe('listTicketsUpdatedSince', () => {
  test('lists the second that has begun again', async () => {
    const at = new Date('2026-11-24T12:00:00.900Z')
    const start = await world({ now: () => at })
    const { sys_id: id } = start.servicenow.createIncidentAsPerson({ short_description: 'x' })
    const page = await start.adapter.listTicketsUpdatedSince?.(at, null, callOptions())
    expect(page).toEqual({ tickets: [{ id, key: 'INC0010001' }], nextCursor: null })
    const later = new Date(at.getTime() + 1_000)
    expect((await start.adapter.listTicketsUpdatedSince?.(later, null, callOptions()))?.tickets).toEqual([])
  })

  test('pages through incidents of one second, and through changes on the way, without a gap', async () => {
    let at = Date.parse('2026-11-24T12:00:00Z')
    const start = await world({ now: () => new Date(at) })
    for (let index = 0; index < 1_003; index += 1) {
      start.servicenow.createIncidentAsPerson({ short_description: `Incident ${index}` })
    }
    const since = new Date(at)
    const first = await start.adapter.listTicketsUpdatedSince?.(since, null, callOptions())
    expect(first?.tickets).toHaveLength(1_000)
    at += 5_000
    const changed = first?.tickets[0]?.id ?? ''
    start.servicenow.editIncidentAsPerson(changed, { short_description: 'Changed on the way' })
    const second = await start.adapter.listTicketsUpdatedSince?.(
      since,
      first?.nextCursor ?? '',
      callOptions(),
    )
    const ids = [...(first?.tickets ?? []), ...(second?.tickets ?? [])].map(({ id }) => id)
    expect(new Set(ids).size).toBe(1_003)
    expect(second?.tickets.at(-1)?.id).toBe(changed)
    expect(second?.nextCursor).toBeNull()
  })

  test('goes on behind a page of which access rules hid a part', async () => {
    const hidden = new Set<string>()
    const start = await world({
      hiddenRows: (table, row) => table === 'incident' && hidden.has(row['sys_id'] ?? ''),
    })
    const since = new Date(Date.now() - 1_000)
    for (let index = 0; index < 1_200; index += 1) {
      const { sys_id: id = '' } = start.servicenow.createIncidentAsPerson({ short_description: `${index}` })
      if (index % 3 === 0) hidden.add(id)
    }
    const seen = new Set<string>()
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<NonNullable<TicketingAdapter['listTicketsUpdatedSince']>>> | undefined =
        await start.adapter.listTicketsUpdatedSince?.(since, cursor, callOptions())
      for (const { id } of page?.tickets ?? []) seen.add(id)
      cursor = page?.nextCursor ?? null
    } while (cursor !== null)
    expect(seen.size).toBe(800)
  })

  test('says that a whole page is hidden, instead of ending there', async () => {
    const start = await world({ hiddenRows: (table) => table === 'incident' })
    for (let index = 0; index < 1_001; index += 1)
      start.servicenow.createIncidentAsPerson({ short_description: 'x' })
    const call =
      start.adapter.listTicketsUpdatedSince?.(new Date(0), null, callOptions()) ?? Promise.resolve()
    expect(await failureOf(call, start.secrets)).toBeInstanceOf(AccessDenied)
  })

  test.each(['2026-11-24 12:00:00/x', `2026-11-24 12:00:00/${sysIdOf('incident', 1)}/x`, '^NQactive=true/'])(
    'refuses the cursor %s',
    async (cursor) => {
      const start = await world()
      const call =
        start.adapter.listTicketsUpdatedSince?.(new Date(), cursor, callOptions()) ?? Promise.resolve()
      expect(await failureOf(call, start.secrets)).toBeInstanceOf(Rejected)
      expect(start.servicenow.requests()).toEqual([])
    },
  )
})

describe('findAccount', () => {
  test.each([
    ['mlindqvist', sysIdOf('sys_user', 2)],
    ['MLINDQVIST@acme.example', sysIdOf('sys_user', 2)],
    ['maria lindqvist', sysIdOf('sys_user', 2)],
    ['Alex Smith', null],
    ['alex.smith', sysIdOf('sys_user', 6)],
    [sysIdOf('sys_user', 3), sysIdOf('sys_user', 3)],
    ['kgone', null],
    [sysIdOf('sys_user', 4), null],
    ['javascript:gs.getUserID()', null],
    ['x^ORactive=true', null],
    ['x^NQuser_name=mlindqvist', null],
  ])('finds %s', async (username, id) => {
    const { adapter } = await world()
    expect((await adapter.findAccount?.(username, callOptions()))?.id ?? null).toBe(id)
  })
})
