import {
  createLaggingIndex,
  jsonAnswer,
  startSimulatorServer,
  type Exchange,
  type Faults,
  type LoggedRequest,
  type SimulatorServer,
  type Webhooks,
} from '@tripline/adapter-testkit/simulator'
import { callerOf } from './caller.ts'
import { commentRoutes } from './comment-routes.ts'
import { createSite, type JiraSiteOptions } from './default-site.ts'
import type { IssueRecord } from './issue-record.ts'
import { issueRoutes } from './issue-routes.ts'
import type { Jira, JiraLimits } from './jira.ts'
import { errorCollection, unknownRoute } from './jira-error.ts'
import { emptyState, findIssue, type JiraState } from './jira-state.ts'
import { pageRoutes } from './page-routes.ts'
import { people, type People } from './people.ts'
import { peopleRoutes } from './people-routes.ts'
import { propertyRoutes } from './property-routes.ts'
import { createRateLimiter, type RateLimits } from './rate-limits.ts'
import { remoteLinkRoutes } from './remote-link-routes.ts'
import { searchRoutes } from './search-routes.ts'
import { findUser, type JiraUser } from './site.ts'
import { siteRoutes } from './site-routes.ts'
import { siteTime } from './site-time.ts'
import { loadState, stateFile } from './state-file.ts'
import { tokenRoutes } from './token-routes.ts'
import { userRoutes } from './user-routes.ts'
import { notifyWebhooks } from './webhook-events.ts'
import { webhookRoutes } from './webhook-routes.ts'

export interface JiraSimulatorOptions extends JiraSiteOptions {
  /** A free port when left out. */
  readonly port?: number | undefined
  readonly now?: (() => Date) | undefined
  /** Of faults that are left to chance. */
  readonly seed?: number | undefined
  /** How long search does not know of a change. None by default. */
  readonly searchLagMs?: number | undefined
  readonly rateLimits?: RateLimits | undefined
  readonly limits?: Partial<JiraLimits> | undefined
  /** Keeps tickets and webhooks in this file over a restart. */
  readonly dataFile?: string | undefined
  readonly webhookRetryGapsMs?: readonly number[] | undefined
  /** Sees every request with its answer, for instance to check both against Atlassian's document. */
  readonly onExchange?: ((exchange: Exchange) => void) | undefined
}

/** A running Jira, and direct ways around its API for tests to look at it and to act as people do. */
export interface JiraSimulator extends People {
  /** The base of the site: `http://127.0.0.1:4010`. */
  readonly url: string
  readonly users: readonly JiraUser[]
  readonly faults: Faults
  readonly webhooks: Webhooks
  /** In the order they were made. Live records: look, do not touch. */
  issues(): readonly Readonly<IssueRecord>[]
  /** By id, key, or a key it had before. */
  issue(idOrKey: string): Readonly<IssueRecord> | null
  /** By any identifier. @throws Error when there is none. */
  user(reference: string): JiraUser
  requests(): readonly LoggedRequest[]
  clearRequests(): void
  setSearchLagMs(lagMs: number): void
  close(): Promise<void>
}

const DEFAULT_LIMITS: JiraLimits = { text: 32_767, commentsPerIssue: 5_000 }
const MAX_BODY_BYTES = 5 * 1024 * 1024

/** Starts a Jira Cloud or Data Center look-alike on the loopback interface. */
export async function startJiraSimulator(options: JiraSimulatorOptions): Promise<JiraSimulator> {
  const now = options.now ?? (() => new Date())
  const site = createSite(options)
  const state = options.dataFile === undefined ? emptyState() : await loadState(options.dataFile)
  const file = options.dataFile === undefined ? null : stateFile(options.dataFile, state)
  let searchLagMs = options.searchLagMs ?? 0
  const index = createLaggingIndex<IssueRecord>({ now, lagMs: () => searchLagMs })

  const server: SimulatorServer = await startSimulatorServer({
    title: site.title,
    port: options.port,
    now,
    seed: options.seed,
    onExchange: options.onExchange,
    webhookRetryGapsMs: options.webhookRetryGapsMs,
    guard(request) {
      if (!request.path.startsWith('/rest/') || request.path.endsWith('/serverInfo')) return null
      if (request.rawBody.length > MAX_BODY_BYTES)
        return jsonAnswer(413, errorCollection('The request is too large.'))
      return limiter.refusal(request, callerOf(jira, request).accountId)
    },
    notFound: (request) => unknownRoute(server.url, request),
    reset() {
      replaceState(state, emptyState())
      index.clear()
      limiter.clear()
      file?.save()
    },
  })
  const jira: Jira = {
    site,
    state,
    index,
    now,
    time: siteTime(site.timeZone),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    baseUrl: server.url,
    changed(issue) {
      index.record(issue.id, structuredClone(issue))
      file?.save()
    },
    removed(issue) {
      index.record(issue.id, null)
      file?.save()
    },
    emit: (event) => notifyWebhooks(jira, server.webhooks, event),
    save: () => file?.save(),
  }
  const limiter = createRateLimiter(jira, options.rateLimits ?? {})
  const actions = people(jira)
  for (const issue of state.issues) index.record(issue.id, structuredClone(issue))
  server.serve([
    ...searchRoutes(jira),
    ...siteRoutes(jira),
    ...userRoutes(jira),
    ...tokenRoutes(jira),
    ...issueRoutes(jira),
    ...commentRoutes(jira),
    ...remoteLinkRoutes(jira),
    ...propertyRoutes(jira),
    ...webhookRoutes(jira),
    ...peopleRoutes(jira, actions),
    ...pageRoutes(jira),
  ])

  return {
    ...actions,
    url: server.url,
    users: site.users,
    faults: server.faults,
    webhooks: server.webhooks,
    issues: () => state.issues,
    issue: (idOrKey) => findIssue(state, idOrKey),
    user(reference) {
      const user = findUser(site, reference)
      if (user === null) throw new Error(`The simulated site has no user ${reference}`)
      return user
    },
    requests: () => server.requests(),
    clearRequests: () => server.clearRequests(),
    setSearchLagMs(lagMs) {
      searchLagMs = lagMs
    },
    async close() {
      await server.close()
      await file?.flush()
    },
  }
}

/** In place: everything else holds on to the same state. */
function replaceState(state: JiraState, next: JiraState): void {
  Object.assign(state, next)
}
