import { callOptions, failureOf, newDedupeKey, sampleDraft, statusChange } from '@tripline/adapter-testkit'
import { AccessDenied, Rejected, type Ticket, Unauthorized, type UpdateOutcome } from '@tripline/core'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { describeOnRequestTracker } from './real/describe-on-request-tracker.ts'
import { readmeScrip, startReceiver } from './real/scrip-receiver.ts'
import { type RtWorld, startRtWorld } from './rt-world.ts'

const noNeeds = { createFields: [], outcomes: [], accounts: [] }

await describeOnRequestTracker((rt) => {
  async function world(change: Record<string, unknown> = {}): Promise<RtWorld> {
    const started = await startRtWorld(rt(), change)
    onTestFinished(() => started.close())
    return started
  }

  const created = ({ adapter }: RtWorld): Promise<Ticket> => adapter.create(sampleDraft(), callOptions())

  describe('create', () => {
    test('takes fields for the own ones of RT by their names and any other for custom fields', async () => {
      const { adapter, proxy } = await world()
      const fields = {
        'Risk score': '83',
        Requestor: ['someone@example.test'],
        Queue: 'Elsewhere',
        CustomFields: { Tripline: 'mine' },
      }
      const draft = sampleDraft({ fields })
      const ticket = await adapter.create(draft, callOptions())
      const stored = await storedTicket(proxy.url, rt().tokens.root, ticket.id)
      expect(stored.Requestor.map(({ id }) => id)).toEqual(['someone@example.test'])
      expect(valuesIn(stored, 'Risk score')).toEqual(['83'])
      expect(valuesIn(stored, 'Tripline')).toEqual([draft.dedupeKey])
      expect(ticket.container).not.toBe('Elsewhere')
    })

    test('creates nothing that could not be recognised', async () => {
      for (const change of [
        { dedupeField: 'No such field' },
        { token: rt().tokens.withoutFields },
        { queue: 'No such queue' },
      ]) {
        const { adapter, probes, secrets } = await world(change)
        expect(await failureOf(created({ adapter } as RtWorld), secrets)).toBeInstanceOf(Rejected)
        expect(probes.ticketCount()).toBe(0)
      }
    })

    test('keeps every character, and cuts a subject by its bytes', async () => {
      const { adapter, probes } = await world()
      const summary = `Ünïcode 検知 🛡️ 'quoted' "twice" \\ ${'🛡'.repeat(100)}`
      const description = [{ kind: 'paragraph', runs: [{ text: 'Прегледай 検知 👩‍👩‍👧 \uD800!' }] }] as const
      const ticket = await adapter.create(sampleDraft({ summary, description }), callOptions())
      expect(Buffer.byteLength(probes.summary(ticket.id))).toBeLessThanOrEqual(200)
      expect(ticket.content.summary).toBe(probes.summary(ticket.id))
      expect(ticket.content.summary).toMatch(/^Ünïcode 検知 🛡️ 'quoted' "twice" \\ (?:🛡)+…$/u)
      expect(probes.description(ticket.id).text).toContain('Прегледай 検知 👩‍👩‍👧')
      const again = await adapter.update(ticket, { summary, description }, callOptions())
      expect(again.ticket).toEqual(ticket)
    })
  })

  describe('statuses', () => {
    test('are closed with the one that the outcome names', async () => {
      const site = await world()
      const ticket = await created(site)
      const closing = 'closed with no action taken'
      const status = statusChange('', { target: { category: 'done' }, resolutionId: closing })
      const update = await site.adapter.update(ticket, { status }, callOptions())
      expect(update).toMatchObject({ refused: [], statusId: closing })
      expect(update.ticket).toMatchObject({
        status: { id: closing, category: 'done' },
        resolution: { id: closing },
      })
      const again = await site.adapter.update(update.ticket, { status }, callOptions())
      expect(again).toMatchObject({ refused: [], statusId: null })
    })

    test('are not closed with what contradicts itself or closes nothing', async () => {
      const site = await world()
      const ticket = await created(site)
      for (const status of [
        statusChange('closed', { resolutionId: 'closed with action taken' }),
        statusChange('', { target: { category: 'done' }, resolutionId: 'in progress' }),
      ]) {
        const { refused } = await site.adapter.update(ticket, { status }, callOptions())
        expect(refused).toEqual([expect.objectContaining({ field: 'status', code: 'invalid_value' })])
      }
    })

    test('are refused in the words of RT, which answers 200 to a transition that its lifecycle lacks', async () => {
      const site = await world()
      const ticket = await created(site)
      const status = statusChange('new', { via: ['in progress', 'on hold'] })
      const there = await site.adapter.update(ticket, { status: statusChange('in progress') }, callOptions())
      const { refused, statusId } = await site.adapter.update(there.ticket, { status }, callOptions())
      expect(statusId).toBe('on hold')
      expect(refused).toEqual([
        {
          field: 'status',
          code: 'no_transition',
          message: expect.stringContaining("You can't change status from 'on hold' to 'new'"),
        },
      ])
    })

    test('never lead to deletion', async () => {
      const site = await world()
      const ticket = await created(site)
      const { refused } = await site.adapter.update(
        ticket,
        { status: statusChange('deleted') },
        callOptions(),
      )
      expect(refused).toMatchObject([{ field: 'status', code: 'no_transition' }])
      expect(site.probes.ticketCount()).toBe(1)
    })

    test('that the settings do not name are put where RT puts them', async () => {
      const site = await world()
      const partial = site.connect({ statuses: { initial: ['new'], active: ['busy'], inactive: ['gone'] } })
      const ticket = await created(site)
      site.probes.changeAsPerson(ticket.id, { Status: 'in progress' })
      expect((await partial.find(ticket, callOptions()))?.status.category).toBe('active')
      site.probes.changeAsPerson(ticket.id, { Status: 'closed' })
      expect((await partial.find(ticket, callOptions()))?.status.category).toBe('done')
      const { findings } = await partial.check(noNeeds, callOptions())
      expect(findings).toContainEqual(expect.objectContaining({ severity: 'warning', subject: 'statuses' }))
    })

    test('of the wrong kind in the settings are found by a check', async () => {
      const site = await world({
        statuses: { initial: ['new'], active: ['closed'], inactive: ['in progress'] },
      })
      const ticket = await created(site)
      site.probes.changeAsPerson(ticket.id, { Status: 'closed' })
      const { findings } = await site.adapter.check(noNeeds, callOptions())
      expect(findings).toContainEqual(expect.objectContaining({ severity: 'error', subject: 'statuses' }))
    })

    test('set the custom fields that a closing brings, and say which they could not', async () => {
      const site = await world()
      const ticket = await created(site)
      const fields = { 'Risk score': '12', Nonexistent: 'x' }
      const { refused, ticket: closed } = await site.adapter.update(
        ticket,
        { status: statusChange('closed', { fields }) },
        callOptions(),
      )
      expect(closed.status.id).toBe('closed')
      expect(refused).toEqual([
        { field: 'status', code: 'not_applied', message: expect.stringContaining('Nonexistent') },
      ])
      const stored = await storedTicket(site.proxy.url, rt().tokens.root, ticket.id)
      expect(valuesIn(stored, 'Risk score')).toEqual(['12'])
    })
  })

  describe('an owner', () => {
    test('is refused in the words of RT when unknown or without the right to own', async () => {
      const site = await world()
      const ticket = await created(site)
      for (const [accountId, message] of [
        ['nobody.at.all', /does not exist/u],
        ['not-an-owner', /may not own tickets/u],
      ] as const) {
        const { refused } = await site.adapter.update(ticket, { assignee: { accountId } }, callOptions())
        expect(refused).toEqual([
          { field: 'assignee', code: 'not_assignable', message: expect.stringMatching(message) },
        ])
      }
    })

    test('is found by e-mail address too, and a customer is none', async () => {
      const { adapter } = await world()
      const find = async (name: string) => adapter.findAccount?.(name, callOptions())
      expect(await find('Maria.Lindqvist@example.test')).toEqual({
        id: 'maria.lindqvist',
        name: 'maria.lindqvist',
      })
      for (const name of ['a.customer', 'a.customer@example.test', 'Nobody', 'RT_System', '14', '..', '.'])
        expect({ name, found: await find(name) }).toEqual({ name, found: null })
    })
  })

  describe('somebody who comes between reading and writing', () => {
    test('is not overwritten', async () => {
      const site = await world()
      const ticket = await created(site)
      once(site, 'PUT', () => site.probes.changeAsPerson(ticket.id, { Subject: 'By hand' }))
      const update = await site.adapter.update(ticket, { summary: 'Written' }, callOptions())
      expect(update.refused).toMatchObject([{ field: 'summary', code: 'changed_meanwhile' }])
      expect(update.overwritten).toEqual([])
      expect(site.probes.summary(ticket.id)).toBe('By hand')
    })

    test('does not keep us from writing something else', async () => {
      const site = await world()
      const ticket = await created(site)
      once(site, 'PUT', () => site.probes.changeAsPerson(ticket.id, { Priority: 7 }))
      const update = await site.adapter.update(ticket, { summary: 'Written' }, callOptions())
      expect(update).toMatchObject({ refused: [], overwritten: [] })
      expect(update.ticket.content).toMatchObject({ summary: 'Written', priority: '7' })
    })

    test('is named with what was replaced when RT noticed too late', async () => {
      const site = await world()
      const ticket = await created(site)
      const changes = [
        ['status', { Status: 'closed' }, { status: statusChange('in progress') }, 'closed'],
        ['summary', { Subject: 'By hand' }, { summary: 'Written' }, 'By hand'],
        ['assignee', { Owner: 'maria.lindqvist' }, { assignee: { accountId: 'gateway' } }, 'maria.lindqvist'],
        ['description', { CustomFields: { Description: 'By hand' } }, { description: [] }, 'By hand'],
      ] as const
      let seen = ticket
      for (const [field, byHand, change, value] of changes) {
        tooLate(site, () => site.probes.changeAsPerson(ticket.id, byHand))
        const update = await site.adapter.update(seen, change, callOptions())
        expect(update).toMatchObject({ refused: [], overwritten: [{ field, value, author: 'root' }] })
        seen = update.ticket
      }
    })
  })

  describe('an update without an answer', () => {
    const cut = ({ proxy }: RtWorld): void => {
      proxy.faults.add({ kind: 'cut-after-processing', method: 'PUT', path: '/REST/2.0/ticket/:id' })
    }
    const closing = 'closed with action taken'
    const status = statusChange(closing, { resolutionId: closing })
    const assignee = { accountId: 'maria.lindqvist' }

    test('is found in the history, whatever else was changed since', async () => {
      const site = await world()
      const seen = await created(site)
      await site.adapter.update(seen, { assignee }, callOptions())
      cut(site)
      await failureOf(site.adapter.update(seen, { status }, callOptions()), site.secrets)
      site.probes.changeAsPerson(seen.id, { Subject: 'By hand', Priority: 7 })
      expect(await outcomeOf(site, seen)).toMatchObject({
        ticket: { id: seen.id, status: { id: closing }, content: { summary: 'By hand', priority: '7' } },
        status: { id: closing, resolutionId: closing },
        assignee,
        overwritten: [],
      })
    })

    test('is told apart from what others did after it and before it, be it what stood there before', async () => {
      const site = await world()
      const seen = await created(site)
      cut(site)
      await failureOf(
        site.adapter.update(seen, { status: statusChange('in progress') }, callOptions()),
        site.secrets,
      )
      site.probes.changeAsPerson(seen.id, { Status: 'new', Owner: 'maria.lindqvist' })
      expect(await outcomeOf(site, seen)).toMatchObject({
        ticket: { status: { id: 'new' }, assignee: { id: 'maria.lindqvist' } },
        status: { id: 'in progress', resolutionId: null },
        assignee: null,
        overwritten: [],
      })
    })

    test('that was not carried out is not taken for done when somebody else did the same', async () => {
      const site = await world()
      const seen = await created(site)
      expect(await outcomeOf(site, seen)).toEqual({ ticket: seen, overwritten: [] })
      site.probes.changeAsPerson(seen.id, { Status: closing })
      const outcome = await outcomeOf(site, seen)
      expect(outcome).toMatchObject({ ticket: { status: { id: closing } }, status: null })
      expect(outcome).not.toHaveProperty('assignee')
    })

    test('says what it replaced when RT noticed too late', async () => {
      const site = await world()
      const seen = await created(site)
      tooLate(site, () => site.probes.changeAsPerson(seen.id, { Subject: 'By hand' }))
      cut(site)
      await failureOf(site.adapter.update(seen, { summary: 'Written' }, callOptions()), site.secrets)
      const outcome = await site.adapter.findOutcome?.(seen, ['summary'], callOptions())
      expect(outcome?.overwritten).toEqual([{ field: 'summary', value: 'By hand', author: 'root' }])
    })
  })

  describe('a ticket that was merged into another', () => {
    test('is that other one from then on', async () => {
      const site = await world()
      const draft = sampleDraft()
      const first = await site.adapter.create(draft, callOptions())
      const second = await created(site)
      site.probes.changeAsPerson(first.id, { MergeInto: Number(second.id) })
      expect((await site.adapter.find(first, callOptions()))?.id).toBe(second.id)
      expect((await site.adapter.findCreated?.(draft.dedupeKey, callOptions()))?.id).toBe(second.id)
      const update = await site.adapter.update(first, { summary: 'Of both' }, callOptions())
      expect(update.ticket.id).toBe(second.id)
      expect(site.probes.summary(second.id)).toBe('Of both')
      const listed = await site.adapter.listTicketsUpdatedSince?.(
        new Date(Date.now() - 60_000),
        null,
        callOptions(),
      )
      expect(listed?.tickets.map(({ id }) => id).toSorted()).toEqual([first.id, second.id].toSorted())
    })
  })

  describe('missing rights', () => {
    test('are named by a check', async () => {
      const site = await world()
      await created(site)
      const { account, findings } = await site
        .connect({ token: rt().tokens.onlooker })
        .check(noNeeds, callOptions())
      expect(account).toEqual({ id: 'onlooker', name: 'onlooker' })
      const problems = findings.filter(({ severity }) => severity !== 'ok')
      expect(problems.map(({ subject }) => subject)).toEqual(['right:CreateTicket', 'right:CommentOnTicket'])
    })

    test('refuse each part of an update, although RT answers 200', async () => {
      const site = await world()
      const ticket = await created(site)
      const onlooker = site.connect({ token: rt().tokens.onlooker })
      const change = {
        status: statusChange('in progress'),
        assignee: { accountId: 'maria.lindqvist' },
        summary: 'x',
        priority: '100',
        labels: ['x'],
      }
      const { refused, ticket: after } = await onlooker.update(ticket, change, callOptions())
      expect(refused.map(({ field }) => field).toSorted()).toEqual(Object.keys(change).toSorted())
      expect(refused.every(({ message }) => /permission denied/iu.test(message))).toBe(true)
      expect(after).toEqual(ticket)
    })

    test('deny creating, linking and commenting', async () => {
      const site = await world()
      const ticket = await created(site)
      const onlooker = site.connect({ token: rt().tokens.onlooker })
      const backlink = { dedupeKey: newDedupeKey(), url: 'https://tripline.example/1', title: '' }
      for (const call of [
        () => onlooker.create(sampleDraft(), callOptions()),
        () => onlooker.link(ticket.key, backlink, callOptions()),
        async () => onlooker.comment?.(ticket, [], newDedupeKey(), callOptions()),
      ])
        expect(await failureOf(call(), site.secrets)).toBeInstanceOf(AccessDenied)
    })
  })

  describe('settings', () => {
    test('may name a user and a password instead of a token', async () => {
      const site = await world({ token: undefined, username: 'gateway', password: 'gateway-passw0rd' })
      await created(site)
      expect((await site.adapter.check(noNeeds, callOptions())).account?.id).toBe('gateway')
      const stranger = site.connect({ password: 'wr0ng' })
      expect(await failureOf(stranger.check(noNeeds, callOptions()), ['wr0ng'])).toBeInstanceOf(Unauthorized)
    })

    test('without fields for labels and descriptions leave both alone, and say so when asked', async () => {
      const site = await world({ labelsField: undefined, descriptionField: undefined })
      const ticket = await created(site)
      expect(Object.keys(ticket.content).toSorted()).toEqual(['priority', 'summary'])
      const { refused } = await site.adapter.update(ticket, { labels: ['x'], description: [] }, callOptions())
      expect(refused).toMatchObject([
        { field: 'description', code: 'not_editable' },
        { field: 'labels', code: 'not_editable' },
      ])
    })
  })

  test('a list of changed tickets goes on behind the place where it stopped', async () => {
    const site = await world()
    const tickets = [await created(site), await created(site), await created(site)]
    const [first] = tickets
    for (const minutes of [0, 1, 900, 1_200, 60_000, 1_500_000]) {
      const since = new Date(Date.now() - minutes * 60_000 - 60_000)
      const all = await site.adapter.listTicketsUpdatedSince?.(since, null, callOptions())
      expect({ minutes, found: all?.tickets.length }).toEqual({ minutes, found: 3 })
    }
    const later = new Date(Date.now() + 60_000)
    expect((await site.adapter.listTicketsUpdatedSince?.(later, null, callOptions()))?.tickets).toEqual([])
    const cursor = JSON.stringify({ since: first?.updatedAt.toISOString(), id: first?.id })
    const page = await site.adapter.listTicketsUpdatedSince?.(new Date(0), cursor, callOptions())
    expect(page).toEqual({
      tickets: tickets.slice(1).map(({ id, key }) => ({ id, key })),
      nextCursor: null,
    })
  })

  // Not by a probe: RT waits for our answer to the scrip, and a probe waits for RT.
  async function changeAsPerson(id: string, body: object): Promise<void> {
    const { tokens, url } = rt()
    const response = await fetch(`${url}/REST/2.0/ticket/${id}`, {
      method: 'PUT',
      headers: { authorization: `token ${tokens.root}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(response.status).toBe(200)
  }

  test("the README's scrip tells of changes, and of the tickets that were merged", async () => {
    const receiver = await startReceiver()
    onTestFinished(receiver.close)
    const { adapter, settings } = await world()
    await rt().addScrip(settings.queue, readmeScrip(receiver.url, 'scrip secret'))
    const hintsOf = (secrets: readonly string[]) =>
      receiver.requests.map((request) => adapter.receiveWebhook?.({ ...request, secrets }))

    const first = await adapter.create(sampleDraft(), callOptions())
    await vi.waitFor(() => expect(receiver.requests.length).toBeGreaterThan(0), 5_000)
    expect(hintsOf(['another', 'scrip secret'])[0]).toEqual({
      tickets: [{ id: first.id, key: first.key }],
      deliveryId: expect.stringMatching(/^\d+$/u),
    })
    expect(() => hintsOf(['another'])).toThrow(Unauthorized)

    const second = await adapter.create(sampleDraft(), callOptions())
    await changeAsPerson(first.id, { MergeInto: Number(second.id) })
    receiver.requests.length = 0
    await changeAsPerson(second.id, { Subject: 'After the merger' })
    await vi.waitFor(() => {
      const tickets = hintsOf(['scrip secret']).flatMap((hint) => hint?.tickets ?? [])
      expect(tickets.map(({ id }) => id)).toEqual([second.id, first.id])
    }, 5_000)
    expect(rt().log()).not.toContain('Tripline was not told')
  })
})

function once({ proxy }: RtWorld, method: string, act: () => void): void {
  let acted = false
  proxy.onRequest(async (request) => {
    if (!acted && request.method === method) {
      acted = true
      act()
    }
    return request
  })
}

/** Acts before a write, of which RT does not notice that it comes upon a change. */
function tooLate({ proxy }: RtWorld, act: () => void): void {
  let acted = false
  proxy.onRequest(async (request) => {
    if (request.method !== 'PUT' || acted) return request
    acted = true
    act()
    const { 'if-match': _, ...headers } = request.headers
    return { ...request, headers }
  })
}

/** What became of a write of the status and the assignee. */
function outcomeOf({ adapter }: RtWorld, seen: Ticket): Promise<UpdateOutcome | null> | undefined {
  return adapter.findOutcome?.(seen, ['status', 'assignee'], callOptions())
}

interface StoredTicket {
  readonly Requestor: readonly { readonly id: string }[]
  readonly CustomFields: readonly { readonly name: string; readonly values: readonly string[] }[]
}

async function storedTicket(url: string, token: string, id: string): Promise<StoredTicket> {
  const headers = { authorization: `token ${token}` }
  return (await (await fetch(`${url}/REST/2.0/ticket/${id}`, { headers })).json()) as StoredTicket
}

function valuesIn({ CustomFields }: StoredTicket, name: string): readonly string[] | undefined {
  return CustomFields.find((field) => field.name === name)?.values
}
