import type { FaultFields, WebhookFaultKind } from '@tripline/adapter-testkit/simulator'
import {
  syncMappingsSchema,
  type SyncMappings,
  type SyncMappingsInput,
  type TicketAccount,
  type TicketStatusCategory,
} from '@tripline/core'
import { startJiraSimulator, type IssueRecord, type JiraSimulator } from '@tripline/plugin-jira/simulator'

/** A simulated Jira, and how the gateway is connected to it. */
export interface JiraSite extends AsyncDisposable {
  readonly name: string
  readonly flavour: 'cloud' | 'data-center'
  readonly jira: JiraSimulator
  readonly mappings: SyncMappings
  readonly mappingsInput: SyncMappingsInput
  readonly settings: Readonly<Record<string, string | number>>
  /** The gateway's own account. */
  readonly ownAccount: string
  /** How an account of the history is called in our words. */
  account(accountId: string | null): TicketAccount | null
  /** Every request that may have changed something, oldest first. */
  readonly writes: readonly SiteRequest[]
  /** The newest requests. */
  readonly requests: readonly SiteRequest[]
  requestCount(): number
  /** How often each kind of fault has struck. */
  faultCounts(): Readonly<Record<string, number>>
  setFaults(profile: FaultProfile): void
  clearFaults(): void
}

/** What one request was, for people. */
interface SiteRequest {
  readonly at: number
  readonly method: string
  readonly path: string
  readonly body: string
  readonly status: number | null
  readonly fault: string | null
}

/** What goes wrong on a site, each with its probability. */
export interface FaultProfile {
  readonly calls: readonly FaultFields[]
  readonly webhooks: readonly {
    readonly kind: WebhookFaultKind
    readonly probability: number
    readonly delayMs?: number
  }[]
}

const TOKEN = 'tok-of-the-tortured-gateway'
const KEPT_REQUESTS = 20_000

export const statuses: Readonly<
  Record<string, { readonly name: string; readonly category: TicketStatusCategory }>
> = {
  '10000': { name: 'To Do', category: 'open' },
  '3': { name: 'In Progress', category: 'active' },
  '10001': { name: 'In Review', category: 'active' },
  '10002': { name: 'Done', category: 'done' },
}

/** The people who have accounts on every site and can be assigned tickets. */
export const colleagues = ['mlindqvist', 'daydin', 'praman', 'therrera'] as const

/** How a site differs from others. */
export interface JiraSiteOptions {
  readonly name: string
  readonly flavour: 'cloud' | 'data-center'
  readonly seed: number
  readonly searchLagMs: number
  readonly resolutionOnDone: 'required' | 'optional' | 'absent'
  readonly perIssueWritesPerSecond: number | null
  readonly conflicts: SyncMappings['conflicts']
}

/** Starts one in this process, where its faults and its tickets are at hand. */
export async function startJiraSite(options: JiraSiteOptions): Promise<JiraSite> {
  const writes: SiteRequest[] = []
  const requests: SiteRequest[] = []
  let count = 0
  const jira = await startJiraSimulator({
    flavour: options.flavour,
    seed: options.seed,
    tokens: { tripline: TOKEN },
    searchLagMs: options.searchLagMs,
    resolutionOnDone: options.resolutionOnDone,
    webhookRetryGapsMs: [200, 1_000],
    ...(options.perIssueWritesPerSecond === null
      ? {}
      : { rateLimits: { perIssueWrites: { requests: options.perIssueWritesPerSecond, windowMs: 1_000 } } }),
    onExchange({ request, answer, fault }) {
      count += 1
      const { method, path, query, body } = request
      const entry = {
        at: Date.now(),
        method,
        path: `${path}?${query}`,
        body,
        status: answer?.status ?? null,
        fault,
      }
      requests.push(entry)
      if (requests.length > KEPT_REQUESTS) requests.splice(0, KEPT_REQUESTS / 2)
      if (method !== 'GET' && !path.includes('/search')) writes.push(entry)
    },
  })
  const idOf = (name: string): string => (options.flavour === 'cloud' ? jira.user(name).accountId : name)
  const mappingsInput: SyncMappingsInput = {
    // The fourth one is found out by the user name.
    identities: colleagues.slice(0, 3).map((username) => ({
      username,
      accountId: idOf(username),
      accountName: jira.user(username).displayName,
    })),
    outcomes: {
      outbound: {
        action_taken: { resolutionId: '10000' },
        no_action_taken: { resolutionId: '10001' },
        ...(options.resolutionOnDone === 'required' ? { none: { resolutionId: '10002' } } : {}),
      },
      inbound: { '10000': 'action_taken', '10001': 'no_action_taken' },
    },
    conflicts: options.conflicts,
  }
  const counted = new Map<string, number>()
  let lastDelivery = 0
  const addUp = (): void => {
    for (const { script, hits } of jira.faults.list()) add(script.kind, hits)
  }
  const add = (kind: string, times: number): void => {
    counted.set(kind, (counted.get(kind) ?? 0) + times)
  }
  const countWebhooks = (): void => {
    for (const { id, fault } of jira.webhooks.deliveries()) {
      if (Number(id) <= lastDelivery) continue
      lastDelivery = Number(id)
      if (fault !== null) add(`webhook-${fault}`, 1)
    }
  }
  return {
    name: options.name,
    flavour: options.flavour,
    jira,
    mappingsInput,
    mappings: syncMappingsSchema.parse(mappingsInput),
    settings: {
      baseUrl: jira.url,
      deployment: options.flavour,
      projectKey: 'SEC',
      issueType: 'Task',
      createSettlesWithinMs: options.searchLagMs + 3_000,
      timeoutMs: 2_000,
      ...(options.flavour === 'cloud'
        ? { email: 'tripline@example.com', apiToken: TOKEN }
        : { personalAccessToken: TOKEN }),
    },
    ownAccount: jira.user('tripline').accountId,
    account(accountId) {
      if (accountId === null) return null
      const { name, displayName } = jira.user(accountId)
      return options.flavour === 'cloud' ? { id: accountId, name: displayName } : { id: name, name }
    },
    writes,
    requests,
    requestCount: () => count,
    faultCounts() {
      countWebhooks()
      const all = new Map(counted)
      for (const { script, hits } of jira.faults.list())
        all.set(script.kind, (all.get(script.kind) ?? 0) + hits)
      return Object.fromEntries(all)
    },
    setFaults(profile) {
      addUp()
      jira.faults.clear()
      jira.webhooks.faults.clear()
      for (const fault of profile.calls) jira.faults.add(fault)
      for (const fault of profile.webhooks) jira.webhooks.faults.add(fault)
    },
    clearFaults() {
      addUp()
      jira.faults.clear()
      jira.webhooks.faults.clear()
    },
    [Symbol.asyncDispose]: () => jira.close(),
  }
}

/** The dedupe key that an issue was created with; `null`: a person made it. */
export function dedupeKeyOf({ properties }: Readonly<IssueRecord>): string | null {
  const origin = properties['tripline']
  if (typeof origin !== 'object' || origin === null || !('dedupeKey' in origin)) return null
  return typeof origin.dedupeKey === 'string' ? origin.dedupeKey : null
}

/** Registers the gateway's webhook as an administrator does. */
export async function registerWebhook(
  { jira, flavour }: JiraSite,
  url: string,
  secret: string,
): Promise<void> {
  const credentials = Buffer.from(`tripline@example.com:${TOKEN}`).toString('base64')
  const answer = await fetch(`${jira.url}/rest/webhooks/1.0/webhook`, {
    method: 'POST',
    headers: {
      authorization: flavour === 'cloud' ? `Basic ${credentials}` : `Bearer ${TOKEN}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      name: 'Tripline',
      url,
      ...(flavour === 'cloud' ? { secret } : {}),
      events: ['jira:issue_created', 'jira:issue_updated', 'jira:issue_deleted'],
    }),
  })
  if (!answer.ok) throw new Error(`Jira refused the webhook: ${answer.status} ${await answer.text()}`)
}
