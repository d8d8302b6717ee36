import { AnswerNow, emptyAnswer, type Exchange } from '@tripline/adapter-testkit/simulator'
import {
  type JsonObject,
  syncMappingsSchema,
  type SyncMappings,
  type SyncMappingsInput,
} from '@tripline/core'
import {
  type FaultProxy,
  startFaultProxy,
} from '../../packages/plugin-request-tracker/test/real/fault-proxy.ts'
import {
  type RunningRequestTracker,
  startRequestTracker,
} from '../../packages/plugin-request-tracker/test/real/running-request-tracker.ts'
import { readmeScrip } from '../../packages/plugin-request-tracker/test/real/scrip-receiver.ts'
import { answerOf } from './answer-record.ts'
import { RequestTrackerCalls } from './request-tracker-calls.ts'
import { RequestTrackerRecords } from './request-tracker-records.ts'
import { SiteFaults } from './site-faults.ts'
import { SiteTraffic, type RequestMeaning } from './site-traffic.ts'
import { colleagues, type Site, type SitePeople, type SiteStatus, type StatusChoice } from './site.ts'

/** How a site differs from others. */
export interface RequestTrackerSiteOptions {
  readonly name: string
  readonly seed: number
  /** With statuses that follow only upon some of the others, or upon any. */
  readonly lifecycle: 'detections' | 'any order'
  readonly conflicts: SyncMappings['conflicts']
}

const QUEUE = 'Detections'
const OTHER_QUEUE = 'Network'

const statuses: Readonly<Record<string, SiteStatus>> = {
  new: { name: 'new', category: 'open' },
  'in progress': { name: 'in progress', category: 'active' },
  'on hold': { name: 'on hold', category: 'active' },
  closed: { name: 'closed', category: 'done' },
  'closed with action taken': { name: 'closed with action taken', category: 'done' },
  'closed with no action taken': { name: 'closed with no action taken', category: 'done' },
}

const choices = Object.keys(statuses).map((statusId): readonly [number, StatusChoice] => [
  1,
  { statusId, resolutionIds: [] },
])

/** Starts a genuine Request Tracker of its own, behind a proxy in this process in which its faults are at hand. */
export async function startRequestTrackerSite(options: RequestTrackerSiteOptions): Promise<Site> {
  await using starting = new AsyncDisposableStack()
  const rt = await startRequestTracker(colleagues)
  starting.defer(() => rt.close())
  const records = starting.use(
    new RequestTrackerRecords(rt.databasePath, (status) => statuses[status]?.category === 'done'),
  )
  const traffic = new SiteTraffic(meaningOf)
  let webhookOrigin = ''
  const calls = starting.use(
    await RequestTrackerCalls.start(({ body, path, signature }) =>
      proxy.webhooks.enqueue({
        url: `${webhookOrigin}${path}`,
        event: 'scrip',
        body,
        headers: () => ({ 'content-type': 'application/json', 'x-hub-signature': signature }),
      }),
    ),
  )
  const proxy = await startFaultProxy(rt.url, {
    seed: options.seed,
    webhookRetryGapsMs: [200, 1_000],
    fetch: calls.fetch,
    onExchange(exchange, passedOnAt) {
      // Until it is answered, others change the ticket: what is told may be from when it was asked.
      traffic.record(refusalAsSuch(exchange, passedOnAt, records), passedOnAt?.getTime())
    },
  })
  starting.defer(() => proxy.close())
  const people = new RequestTrackerPeople(rt, calls, records)
  for (const Name of [QUEUE, OTHER_QUEUE]) {
    people.ask('POST', 'queue', { Name, Lifecycle: options.lifecycle }, rt.tokens.root)
  }
  const mappingsInput = mappingsOf(options)
  const parts = starting.move()
  return {
    name: options.name,
    plugin: 'request-tracker',
    mappingsInput,
    mappings: syncMappingsSchema.parse(mappingsInput),
    settings: settingsOf(rt, proxy),
    statuses,
    people,
    faults: new SiteFaults(proxy, { method: 'POST', path: '/REST/2.0/ticket' }),
    traffic,
    webhooks: proxy.webhooks,
    tickets: () => records.tickets(),
    ticketIds: () => records.ticketIds(),
    ticket: (id) => records.ticket(id),
    account: (assignee) => ({ id: assignee, name: assignee }),
    namesOf: (assignee) => [assignee, `${assignee}@example.test`],
    async registerWebhook(url, secret) {
      const { origin, pathname } = new URL(url)
      webhookOrigin = origin
      await rt.addScrip(QUEUE, readmeScrip(`${calls.receiverUrl}${pathname}`, secret))
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

function settingsOf(rt: RunningRequestTracker, proxy: FaultProxy): JsonObject {
  const named = (category: SiteStatus['category']): string[] =>
    Object.keys(statuses).filter((id) => statuses[id]?.category === category)
  return {
    baseUrl: proxy.url,
    token: rt.tokens.gateway,
    queue: QUEUE,
    labelsField: 'Labels',
    descriptionField: 'Description',
    statuses: { initial: named('open'), active: named('active'), inactive: named('done') },
    createSettlesWithinMs: 6_000,
    timeoutMs: 4_000,
  }
}

function mappingsOf({ conflicts }: RequestTrackerSiteOptions): SyncMappingsInput {
  return {
    // The fourth one is found out by the user name.
    identities: colleagues.slice(0, 3).map((username) => ({
      username,
      accountId: username,
      accountName: username,
    })),
    outcomes: {
      outbound: {
        action_taken: { resolutionId: 'closed with action taken' },
        no_action_taken: { resolutionId: 'closed with no action taken' },
      },
      inbound: {
        'closed with action taken': 'action_taken',
        'closed with no action taken': 'no_action_taken',
      },
    },
    conflicts,
  }
}

class RequestTrackerPeople implements SitePeople {
  readonly choices = choices
  readonly #rt: RunningRequestTracker
  readonly #calls: RequestTrackerCalls
  readonly #records: RequestTrackerRecords

  constructor(rt: RunningRequestTracker, calls: RequestTrackerCalls, records: RequestTrackerRecords) {
    this.#rt = rt
    this.#calls = calls
    this.#records = records
  }

  create(summary: string): string {
    const made = this.ask('POST', 'ticket', { Queue: QUEUE, Subject: summary }, this.#rt.tokens.root)
    return String((made as { id: string | number }).id)
  }

  move(ticketId: string, statusId: string, _resolutionId: string | null, by: string): void {
    this.#change(ticketId, { Status: statusId }, by)
    // RT says in a sentence that it does not do it.
    if (this.#records.ticket(ticketId)?.state.statusId !== statusId) throw new AnswerNow(emptyAnswer(409))
  }

  assign(ticketId: string, username: string | null, by: string): void {
    this.#change(ticketId, { Owner: username ?? 'Nobody' }, by)
    if (this.#records.ticket(ticketId)?.state.assignee !== username) throw new AnswerNow(emptyAnswer(409))
  }

  reword(
    ticketId: string,
    { description, summary }: { readonly summary?: string; readonly description?: string },
    by: string,
  ): void {
    const body = {
      ...(summary === undefined ? {} : { Subject: summary }),
      ...(description === undefined ? {} : { CustomFields: { Description: description } }),
    }
    this.#change(ticketId, body, by)
  }

  comment(ticketId: string, text: string, by: string): void {
    this.ask(
      'POST',
      `ticket/${ticketId}/comment`,
      { Content: text, ContentType: 'text/plain' },
      this.#tokenOf(by),
    )
  }

  moveAway(ticketId: string, by: string): void {
    const queue = this.#records.queueOf(ticketId) === QUEUE ? OTHER_QUEUE : QUEUE
    this.#change(ticketId, { Queue: queue }, by)
  }

  remove(ticketId: string): void {
    this.ask('PUT', `ticket/${ticketId}`, { Status: 'deleted' }, this.#rt.tokens.root)
  }

  /** @throws AnswerNow when RT refuses it */
  ask(method: string, path: string, body: JsonObject, token: string): unknown {
    const answer = this.#calls.ask({
      url: `${this.#rt.url}/REST/2.0/${path}`,
      method,
      headers: { authorization: `token ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (answer.status >= 500) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`)
    if (answer.status >= 400) throw new AnswerNow({ ...answer, headers: {} })
    return answerOf(answer)
  }

  #change(ticketId: string, body: JsonObject, by: string): void {
    this.ask('PUT', `ticket/${ticketId}`, body, this.#tokenOf(by))
  }

  #tokenOf(name: string): string {
    const token = this.#rt.tokens.people[name]
    if (token === undefined) throw new Error(`${name} has no account there`)
    return token
  }
}

const TICKET = /^\/REST\/2\.0\/ticket\/(\d+)(?:\/|$)/u

/** RT answers a change that it refuses with status 200 and a sentence, where others have a status for it. */
function refusalAsSuch(
  exchange: Exchange,
  passedOnAt: Date | null,
  records: RequestTrackerRecords,
): Exchange {
  const { answer, request } = exchange
  const id = TICKET.exec(request.path)?.[1]
  if (request.method !== 'PUT' || answer?.status !== 200 || id === undefined || passedOnAt === null)
    return exchange
  const said = answerOf(answer)
  const isRefused = Array.isArray(said) && said.length > 0 && !records.hasWritten(id, passedOnAt)
  return isRefused ? { ...exchange, answer: { ...answer, status: 422 } } : exchange
}

function meaningOf({ answer, request }: Exchange): RequestMeaning {
  const { body, method, path } = request
  const created = answerOf(answer) as { readonly id?: unknown } | null
  const isCreate = method === 'POST' && path === '/REST/2.0/ticket'
  const ticketId =
    TICKET.exec(path)?.[1] ??
    (isCreate && created?.id !== undefined ? String(created.id as string | number) : null)
  const isWrite = isCreate || method === 'PUT' || (method === 'POST' && ticketId !== null)
  const fields = [
    ...(isWrite && body.includes('"Status":') ? (['status'] as const) : []),
    ...(isWrite && body.includes('"Owner":') ? (['assignee'] as const) : []),
  ]
  return { ticketId, isWrite, isRead: method === 'GET' && /\/ticket\/\d+$/u.test(path), fields }
}
