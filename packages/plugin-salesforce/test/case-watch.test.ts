import { callOptions, failureOf, noNeeds, sampleDraft } from '@tripline/adapter-testkit'
import {
  AccessDenied,
  type PluginHost,
  RateLimited,
  type Ticket,
  Unauthorized,
  Unavailable,
  UnexpectedResponse,
  type WatchedTickets,
} from '@tripline/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { salesforcePlugin } from '../src/index.ts'
import { type SalesforceWorld, startSalesforceWorld } from './salesforce-world.ts'

async function world(
  options: Parameters<typeof startSalesforceWorld>[0] = {},
  change: Record<string, unknown> = {},
): Promise<SalesforceWorld> {
  const started = await startSalesforceWorld(options, { changeDataCapture: true, ...change })
  onTestFinished(() => started.close())
  return started
}

interface Watching {
  next(): Promise<WatchedTickets>
  end(): Promise<unknown>
}

/** A watch that says that it stands. */
function watch({ adapter }: Pick<SalesforceWorld, 'adapter'>, after: string | null = null): Watching {
  if (adapter.watchTickets === undefined) throw new Error('The settings ask for change data capture')
  const iterator = adapter.watchTickets(after, callOptions())[Symbol.asyncIterator]()
  return {
    async next() {
      const heard = await iterator.next()
      if (heard.done === true) throw new Error('It ended by itself')
      return heard.value
    },
    end: async () => iterator.return?.(),
  }
}

/** What it hears that is worth saying. */
async function something(watching: Watching): Promise<WatchedTickets> {
  for (;;) {
    const heard = await watching.next()
    if (heard.tickets.length > 0 || heard.missed) return heard
  }
}

async function standing(
  org: SalesforceWorld,
): Promise<{ readonly ticket: Ticket; readonly watching: Watching }> {
  const ticket = await org.adapter.create(sampleDraft(), callOptions())
  const watching = watch(org)
  onTestFinished(async () => void (await watching.end()))
  expect(await watching.next()).toMatchObject({ tickets: [], missed: false })
  return { ticket, watching }
}

const COMETD = { path: '/cometd/:version' }
const subscribing = { matches: ({ rawBody }: { rawBody: Buffer }) => rawBody.includes('/meta/subscribe') }
const connecting = { matches: ({ rawBody }: { rawBody: Buffer }) => rawBody.includes('/meta/connect') }

describe('a watch of cases', () => {
  test('is there when the settings ask for it only', async () => {
    const org = await world({}, { changeDataCapture: false })
    expect('watchTickets' in org.adapter).toBe(false)
  })

  test('makes every request by the host, to the organisation only, with its cookies', async () => {
    const org = await world()
    const asked: string[] = []
    const host: PluginHost = {
      ...org.host,
      fetch: (input, init) => {
        asked.push(new Request(input).url)
        return fetch(input, init)
      },
    }
    const watching = watch({ adapter: salesforcePlugin.connect(org.settings, host) })
    await watching.next()
    await watching.next()
    await watching.end()
    const requests = org.salesforce.requests()
    expect(asked).toEqual(requests.map(({ path }) => `${org.salesforce.url}${path}`))
    expect(
      requests.map(({ body, path }) => (path.startsWith('/cometd') ? JSON.parse(body)[0].channel : path)),
    ).toEqual([
      '/services/oauth2/token',
      '/meta/handshake',
      '/meta/subscribe',
      '/meta/connect',
      '/meta/disconnect',
    ])
    expect(requests.slice(2).every(({ headers }) => headers['cookie'] !== undefined)).toBe(true)
  })

  test('leaves no client behind', async () => {
    const org = await world()
    const { watching } = await standing(org)
    expect(org.salesforce.changeEvents.clientCount()).toBe(1)
    await watching.end()
    expect(org.salesforce.changeEvents.clientCount()).toBe(0)
  })

  test('goes on in another session when its own ends, and misses nothing', async () => {
    const org = await world()
    const { ticket, watching } = await standing(org)
    org.salesforce.editCaseAsPerson(ticket.id, { Subject: 'First' })
    await something(watching)
    const next = something(watching)
    org.salesforce.expireSessions()
    org.salesforce.editCaseAsPerson(ticket.id, { Subject: 'In between' })
    expect(await next).toMatchObject({ tickets: [{ id: ticket.id }], missed: false })
  })

  test('goes on when Salesforce has forgotten it, and misses nothing', async () => {
    const org = await world()
    const { ticket, watching } = await standing(org)
    org.salesforce.editCaseAsPerson(ticket.id, { Subject: 'First' })
    await something(watching)
    const next = something(watching)
    org.salesforce.changeEvents.forgetClients()
    org.salesforce.editCaseAsPerson(ticket.id, { Subject: 'In between' })
    expect(await next).toMatchObject({ tickets: [{ id: ticket.id }], missed: false })
  })

  test('that is forgotten before it has heard of anything says that it may have missed something', async () => {
    const org = await world()
    const { watching } = await standing(org)
    org.salesforce.changeEvents.forgetClients()
    expect(await something(watching)).toMatchObject({ tickets: [], cursor: null, missed: true })
  })

  test('ends when an answer is lost, and the next one hears what was in it', async () => {
    const org = await world()
    const { ticket, watching } = await standing(org)
    org.salesforce.editCaseAsPerson(ticket.id, { Subject: 'First' })
    const { cursor } = await something(watching)
    org.faults.add({ ...COMETD, ...connecting, kind: 'cut-after-processing' })
    const failure = failureOf(watching.next(), org.secrets)
    org.salesforce.editCaseAsPerson(ticket.id, { Subject: 'Lost on the way' })
    expect(await failure).toBeInstanceOf(Unavailable)
    const after = watch(org, cursor)
    expect(await something(after)).toMatchObject({ tickets: [{ id: ticket.id }], missed: false })
    await after.end()
  })

  test('reads a case of which it is only said that something changed', async () => {
    const org = await world()
    const { ticket, watching } = await standing(org)
    org.salesforce.changeEvents.disturb('gap')
    org.salesforce.editCaseAsPerson(ticket.id, { Subject: 'Changed' })
    expect(await something(watching)).toMatchObject({ tickets: [{ id: ticket.id }], missed: false })
  })

  test('says that it missed something where too much changed at once to be told', async () => {
    const org = await world()
    const { ticket, watching } = await standing(org)
    org.salesforce.changeEvents.disturb('overflow')
    org.salesforce.editCaseAsPerson(ticket.id, { Subject: 'Changed' })
    expect(await something(watching)).toMatchObject({ tickets: [], missed: true, cursor: expect.any(String) })
  })

  test('begins anew after events that are not kept any more, says so once, and goes on', async () => {
    const org = await world()
    const { ticket, watching } = await standing(org)
    org.salesforce.editCaseAsPerson(ticket.id, { Subject: 'First' })
    const { cursor } = await something(watching)
    await watching.end()
    org.salesforce.editCaseAsPerson(ticket.id, { Subject: 'Never heard of' })
    org.salesforce.changeEvents.expire()
    const after = watch(org, cursor)
    expect(await after.next()).toEqual({ tickets: [], cursor: null, missed: true })
    org.salesforce.editCaseAsPerson(ticket.id, { Subject: 'Later' })
    expect(await something(after)).toMatchObject({ tickets: [{ id: ticket.id }], missed: false })
    await after.end()
  })

  test('takes no cursor of another organisation', async () => {
    const org = await world()
    const watching = watch(org, '00D000000000001AAA/7002')
    expect(await watching.next()).toEqual({ tickets: [], cursor: null, missed: true })
    await watching.end()
  })

  test('is held open again when nothing happens, without an error', async () => {
    const org = await world({ heldOpenMs: 30 })
    const { watching } = await standing(org)
    for (let count = 0; count < 4; count += 1) {
      expect(await watching.next()).toEqual({ tickets: [], cursor: null, missed: false })
    }
  })

  test('that is never answered ends a little after the time for which it is held open', async () => {
    const org = await world({ heldOpenMs: 100 }, { timeoutMs: 200 })
    const { watching } = await standing(org)
    await watching.next()
    org.faults.add({ ...COMETD, kind: 'hang' })
    expect((await failureOf(watching.next(), org.secrets)).message).toContain('within 300 ms')
  })

  test.each([
    ['a refused session', { kind: 'server-error', status: 401, times: 9 }, Unauthorized],
    ['too many requests', { kind: 'rate-limited', retryAfterSeconds: 7 }, RateLimited],
    ['a server error', { kind: 'server-error', status: 500 }, Unavailable],
    ['a page of a gateway', { kind: 'html', status: 502 }, Unavailable],
    ['a garbled answer', { kind: 'garbled' }, UnexpectedResponse],
    ['a forbidden endpoint', { kind: 'server-error', status: 403 }, AccessDenied],
  ] as const)('fails by the class of %s', async (_, fault, expected) => {
    const org = await world()
    org.faults.add({ ...COMETD, ...subscribing, ...fault })
    const error = await failureOf(watch(org).next(), org.secrets)
    expect(error).toBeInstanceOf(expected)
    expect(error.outcome).toBe('not_done')
  })

  test('is asked for once more in another session, and not forever', async () => {
    const org = await world()
    const { watching } = await standing(org)
    org.salesforce.refuseSessions()
    expect(await failureOf(something(watching), org.secrets)).toBeInstanceOf(Unauthorized)
    expect(org.salesforce.requests().length).toBeLessThan(12)
  })

  test('is refused where as many listen as may', async () => {
    const org = await world()
    const others = Array.from({ length: 20 }, () => watch(org))
    await Promise.all(others.map((other) => other.next()))
    const error = await failureOf(watch(org).next(), org.secrets)
    expect(error).toMatchObject({
      code: 'RATE_LIMITED',
      message: expect.stringContaining('concurrent user limit'),
    })
    await Promise.all(others.map((other) => other.end()))
  })
})

describe('check of change data capture', () => {
  const found = async (org: SalesforceWorld): Promise<readonly object[]> => {
    const { findings } = await org.adapter.check(noNeeds, callOptions())
    return findings.filter(({ subject }) => subject === 'change-data-capture')
  }

  test('finds it sound, and leaves no client behind', async () => {
    const org = await world()
    expect(await found(org)).toMatchObject([
      { severity: 'ok', message: expect.stringContaining('are captured') },
    ])
    expect(org.salesforce.changeEvents.clientCount()).toBe(0)
  })

  test('says where Case is to be selected', async () => {
    const org = await world({ changeDataCapture: false })
    expect(await found(org)).toMatchObject([
      { severity: 'warning', remedy: expect.stringContaining('Setup, Integrations, Change Data Capture') },
    ])
  })

  test('says so where the setup may not be seen', async () => {
    const org = await world({ hiddenObjects: ['PlatformEventChannelMember'] })
    expect(await found(org)).toMatchObject([
      { severity: 'ok', message: expect.stringContaining('may not be seen') },
    ])
  })

  test('finds what refuses us', async () => {
    const org = await world()
    org.faults.add({ ...COMETD, kind: 'server-error', status: 403 })
    expect(await found(org)).toMatchObject([
      { severity: 'error', remedy: expect.stringContaining('View All') },
    ])
  })

  test('is not looked at unless the settings ask for it', async () => {
    const org = await world({}, { changeDataCapture: false })
    expect(await found(org)).toEqual([])
    expect(org.salesforce.requests().some(({ path }) => path.startsWith('/cometd'))).toBe(false)
  })
})
