import {
  type Exchange,
  type Faults,
  type LoggedRequest,
  type SimulatorServer,
  startSimulatorServer,
  type Webhooks,
} from '@tripline/adapter-testkit/simulator'
import { toLongId } from '../record-id.ts'
import { createChangeEvents, type ChangeEventFault } from './change-events.ts'
import { createCometd } from './cometd-routes.ts'
import type { StoredRecord } from './fields.ts'
import { createOrg, type SalesforceOrgOptions, type SalesforceUser } from './org.ts'
import { createOutboundMessages, type OutboundEndpoint } from './outbound-messages.ts'
import { pageRoutes } from './page-routes.ts'
import { people, type People } from './people.ts'
import { queryRoutes } from './query-routes.ts'
import { createRecordStore } from './record-store.ts'
import type { CaseSave, Salesforce } from './salesforce.ts'
import { errorAnswer } from './salesforce-error.ts'
import { sobjectRoutes } from './sobject-routes.ts'
import { tokenRoutes } from './token-routes.ts'
import { createTokenStore, type SalesforceApp } from './tokens.ts'

export interface SalesforceSimulatorOptions extends SalesforceOrgOptions {
  /** A free port when left out. */
  readonly port?: number | undefined
  readonly now?: (() => Date) | undefined
  /** Of faults that are left to chance. */
  readonly seed?: number | undefined
  readonly app?: Partial<SalesforceApp> | undefined
  /** How many rows a page of a query has; 2000 by default. */
  readonly pageSize?: number | undefined
  /** How many requests a day there may be; 15000 by default. */
  readonly requestLimit?: number | undefined
  /** For how long a request for change events is held open; 110 seconds by default. */
  readonly heldOpenMs?: number | undefined
  readonly outboundMessages?: readonly OutboundEndpoint[] | undefined
  readonly webhookRetryGapsMs?: readonly number[] | undefined
  readonly onExchange?: ((exchange: Exchange) => void) | undefined
  /** Told of every saving of a case, by the API and by people. */
  readonly onCaseSaved?: ((save: CaseSave) => void) | undefined
}

/** A running organisation, and direct ways around its API for tests to look at it and to act as people do. */
export interface SalesforceSimulator extends People {
  readonly url: string
  readonly organizationId: string
  readonly app: SalesforceApp
  readonly users: readonly SalesforceUser[]
  readonly queues: readonly { readonly id: string; readonly name: string }[]
  readonly recordTypes: readonly { readonly id: string; readonly name: string }[]
  readonly faults: Faults
  readonly webhooks: Webhooks
  /** In the order they were made. Live records: look, do not touch. */
  cases(): readonly Readonly<StoredRecord>[]
  /** By id. */
  case(id: string): Readonly<StoredRecord> | null
  /** Comments, posts or history, by the name of the object. */
  companions(
    object: 'CaseComment' | 'FeedItem' | 'CaseHistory',
    caseId: string,
  ): readonly Readonly<StoredRecord>[]
  /** By user name. @throws Error when there is none */
  user(username: string): SalesforceUser
  sendOutboundMessagesTo(endpoint: OutboundEndpoint): void
  /** What goes wrong with change events, beside what goes wrong with requests for them. */
  readonly changeEvents: {
    /** Lets the next changes have no event, or one that says less. */
    disturb(fault: ChangeEventFault, times?: number): void
    /** Throws away what is kept to be replayed, as three days do. */
    expire(): void
    /** As when the machine that knew them restarts. */
    forgetClients(): void
    /** How many listen. */
    clientCount(): number
  }
  expireSessions(): void
  refuseSessions(): void
  requests(): readonly LoggedRequest[]
  clearRequests(): void
  close(): Promise<void>
}

const defaultApp: SalesforceApp = { clientId: '3MVG9.tripline', clientSecret: 'tripline-secret' }

/** Starts a Salesforce look-alike on the loopback interface. */
export async function startSalesforceSimulator(
  options: SalesforceSimulatorOptions = {},
): Promise<SalesforceSimulator> {
  const org = createOrg(options)
  const now = options.now ?? (() => new Date())
  const store = createRecordStore(org)
  const app = { ...defaultApp, ...options.app }
  const tokens = createTokenStore(org, app)
  const usage = { used: 0, limit: options.requestLimit ?? 15_000 }
  const server: SimulatorServer = await startSimulatorServer({
    title: org.name,
    port: options.port,
    now: options.now,
    seed: options.seed,
    onExchange: options.onExchange,
    webhookRetryGapsMs: options.webhookRetryGapsMs,
    notFound: () => errorAnswer(404, 'NOT_FOUND', 'The requested resource does not exist'),
    reset() {
      store.clear()
      cometd.forgetClients()
      usage.used = 0
    },
  })
  const changes = createChangeEvents(org, now)
  const cometd = createCometd(changes, tokens, options.heldOpenMs ?? 110_000)
  const outbound = createOutboundMessages(org, () => server.webhooks)
  for (const endpoint of options.outboundMessages ?? []) outbound.register(endpoint)
  const salesforce: Salesforce = {
    org,
    store,
    tokens,
    now,
    baseUrl: server.url,
    locks: new Map(),
    usage,
    caseChanged(record, before, user) {
      options.onCaseSaved?.({ at: now(), user, before, after: { ...record } })
      outbound.notify(record)
      changes.publish(before === null ? 'CREATE' : 'UPDATE', before, record, user)
    },
    removeCase(id) {
      const record = store.find('Case', id)
      store.remove('Case', id)
      if (record !== null) changes.publish('DELETE', record, record, null)
    },
  }
  const actions = people(salesforce)
  server.serve([
    ...tokenRoutes(salesforce),
    ...queryRoutes(salesforce, options.pageSize ?? 2_000),
    ...sobjectRoutes(salesforce),
    ...cometd.routes,
    ...pageRoutes(salesforce, actions),
  ])

  return {
    ...actions,
    url: server.url,
    organizationId: org.id,
    app,
    users: org.users,
    queues: org.queues,
    recordTypes: org.recordTypes,
    faults: server.faults,
    webhooks: {
      ...server.webhooks,
      async idle() {
        outbound.flush()
        await server.webhooks.idle()
      },
    },
    cases: () => store.rows('Case'),
    case: (id) => store.find('Case', toLongId(id) ?? id),
    companions: (object, caseId) =>
      store.rows(object).filter((row) => row[object === 'CaseHistory' ? 'CaseId' : 'ParentId'] === caseId),
    user(username) {
      const user = org.users.find((known) => known.username === username)
      if (user === undefined) throw new Error(`The organisation has no user ${username}`)
      return user
    },
    sendOutboundMessagesTo: (endpoint) => outbound.register(endpoint),
    changeEvents: {
      disturb: (fault, times) => changes.disturb(fault, times),
      expire: () => changes.expire(),
      forgetClients: () => cometd.forgetClients(),
      clientCount: () => cometd.clientCount,
    },
    expireSessions() {
      tokens.expire()
      cometd.wake()
    },
    refuseSessions() {
      tokens.refuseAll()
      cometd.wake()
    },
    requests: () => server.requests(),
    clearRequests: () => server.clearRequests(),
    close: () => server.close(),
  }
}
