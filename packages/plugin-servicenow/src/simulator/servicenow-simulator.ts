import {
  type Exchange,
  type Faults,
  htmlAnswer,
  type LoggedRequest,
  type SimulatorServer,
  startSimulatorServer,
  type Webhooks,
} from '@tripline/adapter-testkit/simulator'
import type { StoredRecord } from './columns.ts'
import { hibernationPage } from './hibernation-page.ts'
import { journalOf } from './incident-save.ts'
import {
  createInstance,
  integrationUsername,
  type InstanceUser,
  type ServiceNowInstanceOptions,
} from './instance.ts'
import { createLogins, type ServiceNowLogin } from './logins.ts'
import { pageRoutes } from './page-routes.ts'
import { people, type People } from './people.ts'
import { createRateLimit } from './rate-limit.ts'
import { createRecordStore } from './record-store.ts'
import type { IncidentSave, ServiceNow } from './servicenow.ts'
import { errorAnswer } from './servicenow-error.ts'
import { tableRoutes } from './table-routes.ts'
import { webhookCall, type WebhookEndpoint } from './webhook-call.ts'

export interface ServiceNowSimulatorOptions extends ServiceNowInstanceOptions {
  /** A free port when left out. */
  readonly port?: number | undefined
  readonly now?: (() => Date) | undefined
  /** Of faults that are left to chance. */
  readonly seed?: number | undefined
  readonly login?: Partial<ServiceNowLogin> | undefined
  /** How many API requests an hour there may be; any number unless given. */
  readonly requestsPerHour?: number | undefined
  readonly webhooks?: readonly WebhookEndpoint[] | undefined
  readonly webhookRetryGapsMs?: readonly number[] | undefined
  readonly onExchange?: ((exchange: Exchange) => void) | undefined
  /** Told of every saving of an incident, by the API and by people. */
  readonly onIncidentSaved?: ((save: IncidentSave) => void) | undefined
}

/** A running instance, and direct ways around its API for tests to look at it and to act as people do. */
export interface ServiceNowSimulator extends People {
  readonly url: string
  readonly login: ServiceNowLogin
  readonly users: readonly InstanceUser[]
  readonly groups: readonly { readonly id: string; readonly name: string; readonly active: boolean }[]
  readonly faults: Faults
  readonly webhooks: Webhooks
  /** In the order they were made. Live records: look, do not touch. */
  incidents(): readonly Readonly<StoredRecord>[]
  /** By id. */
  incident(id: string): Readonly<StoredRecord> | null
  /** The entries of an incident's journals, oldest first. */
  journal(id: string): readonly Readonly<StoredRecord>[]
  /** By user name. @throws Error when there is none */
  user(username: string): InstanceUser
  callWebhook(endpoint: WebhookEndpoint): void
  /** Puts the instance to sleep, or wakes it up. */
  hibernate(isAsleep: boolean): void
  expireTokens(): void
  refuseLogins(): void
  requests(): readonly LoggedRequest[]
  clearRequests(): void
  close(): Promise<void>
}

const defaultLogin: ServiceNowLogin = {
  username: integrationUsername,
  password: 'tripline-password',
  clientId: 'be3aeb583ace210011c15b24a43e25d8',
  clientSecret: 'tripline-client-secret',
  refreshToken: 'tripline-refresh-token',
  apiKey: 'now_tripline-api-key',
}

/** Starts a ServiceNow look-alike on the loopback interface. */
export async function startServiceNowSimulator(
  options: ServiceNowSimulatorOptions = {},
): Promise<ServiceNowSimulator> {
  const instance = createInstance(options)
  const now = options.now ?? (() => new Date())
  const store = createRecordStore(instance, now)
  const login = { ...defaultLogin, ...options.login }
  const logins = createLogins(login)
  const limited = createRateLimit(options.requestsPerHour ?? Number.POSITIVE_INFINITY, now)
  const endpoints = [...(options.webhooks ?? [])]
  let isAsleep = false
  const server: SimulatorServer = await startSimulatorServer({
    title: 'ServiceNow',
    port: options.port,
    now: options.now,
    seed: options.seed,
    onExchange: options.onExchange,
    webhookRetryGapsMs: options.webhookRetryGapsMs,
    notFound: () => errorAnswer(400, 'Requested URI does not represent any resource', null),
    guard({ headers, path }) {
      if (isAsleep) return htmlAnswer(200, hibernationPage)
      if (!path.startsWith('/api/')) return null
      if (!logins.isAuthorised(headers)) {
        return errorAnswer(401, 'User Not Authenticated', 'Required to provide Auth information')
      }
      return limited()
    },
    reset: () => store.clear(),
  })
  const user = (username: string): InstanceUser => {
    const found = instance.users.find((known) => known.username === username)
    if (found === undefined) throw new Error(`The instance has no user ${username}`)
    return found
  }
  const servicenow: ServiceNow = {
    instance,
    store,
    now,
    integration: user(integrationUsername),
    incidentChanged(record, before, changedBy) {
      options.onIncidentSaved?.({ at: now(), user: changedBy, before, after: { ...record } })
      for (const { secret, url } of endpoints) {
        const { body, headers } = webhookCall(record, secret)
        server.webhooks.enqueue({ url, event: 'incident', body, headers: () => headers })
      }
    },
  }
  const actions = people(servicenow)
  server.serve([...logins.routes, ...tableRoutes(servicenow), ...pageRoutes(servicenow, actions)])

  return {
    ...actions,
    url: server.url,
    login,
    users: instance.users,
    groups: instance.groups,
    faults: server.faults,
    webhooks: server.webhooks,
    incidents: () => store.rows('incident'),
    incident: (id) => store.find('incident', id),
    journal: (id) => journalOf(servicenow, id),
    user,
    callWebhook: (endpoint) => void endpoints.push(endpoint),
    hibernate(asleep) {
      isAsleep = asleep
    },
    expireTokens: () => logins.expireTokens(),
    refuseLogins: () => logins.refuseAll(),
    requests: () => server.requests(),
    clearRequests: () => server.clearRequests(),
    close: () => server.close(),
  }
}
