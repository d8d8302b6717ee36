import type { Exchange } from '@tripline/adapter-testkit/simulator'
import { syncMappingsSchema, type SyncMappings, type SyncMappingsInput } from '@tripline/core'
import { startJiraSimulator, type IssueRecord, type JiraSimulator } from '@tripline/plugin-jira/simulator'
import { SiteFaults } from './site-faults.ts'
import { SiteTraffic, type RequestMeaning } from './site-traffic.ts'
import {
  colleagues,
  type Site,
  type SitePeople,
  type SiteStatus,
  type SiteTicket,
  type TicketChange,
  type TicketState,
  type TrackedField,
} from './site.ts'

/** A simulated Jira. */
export interface JiraSite extends Site {
  readonly jira: JiraSimulator
}

export function isJiraSite(site: Site): site is JiraSite {
  return 'jira' in site
}

const TOKEN = 'tok-of-the-tortured-gateway'

const statuses: Readonly<Record<string, SiteStatus>> = {
  '10000': { name: 'To Do', category: 'open' },
  '3': { name: 'In Progress', category: 'active' },
  '10001': { name: 'In Review', category: 'active' },
  '10002': { name: 'Done', category: 'done' },
}

const DONE = '10002'
const RESOLUTIONS = ['10000', '10001', '10002']

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
  const { flavour } = options
  const traffic = new SiteTraffic(meaningOf)
  const jira = await startJiraSimulator({
    flavour,
    seed: options.seed,
    tokens: { tripline: TOKEN },
    searchLagMs: options.searchLagMs,
    resolutionOnDone: options.resolutionOnDone,
    webhookRetryGapsMs: [200, 1_000],
    ...(options.perIssueWritesPerSecond === null
      ? {}
      : { rateLimits: { perIssueWrites: { requests: options.perIssueWritesPerSecond, windowMs: 1_000 } } }),
    onExchange: traffic.record,
  })
  const mappingsInput = mappingsOf(jira, options)
  const deleted: Readonly<IssueRecord>[] = []
  return {
    name: options.name,
    plugin: 'jira',
    jira,
    mappingsInput,
    mappings: syncMappingsSchema.parse(mappingsInput),
    settings: {
      baseUrl: jira.url,
      deployment: flavour,
      projectKey: 'SEC',
      issueType: 'Task',
      createSettlesWithinMs: options.searchLagMs + 3_000,
      timeoutMs: 2_000,
      ...(flavour === 'cloud'
        ? { email: 'tripline@example.com', apiToken: TOKEN }
        : { personalAccessToken: TOKEN }),
    },
    statuses,
    people: peopleOf(jira, options, deleted),
    faults: new SiteFaults(jira, { method: 'POST', path: '/rest/api/:version/issue' }),
    traffic,
    webhooks: jira.webhooks,
    tickets: () => [
      ...jira.issues().map((issue) => toSiteTicket(jira, issue, false)),
      ...deleted.map((issue) => toSiteTicket(jira, issue, true)),
    ],
    ticketIds: () => jira.issues().map(({ id }) => id),
    ticket(id) {
      const issue = jira.issue(id)
      return issue === null ? null : toSiteTicket(jira, issue, false)
    },
    account(assignee) {
      const { accountId, displayName, name } = jira.user(assignee)
      return flavour === 'cloud' ? { id: accountId, name: displayName } : { id: name, name }
    },
    namesOf(assignee) {
      const { displayName, name } = jira.user(assignee)
      return [name, displayName]
    },
    registerWebhook: (url, secret) => registerWebhook(jira, flavour, url, secret),
    [Symbol.asyncDispose]: () => jira.close(),
  }
}

function mappingsOf(
  jira: JiraSimulator,
  { conflicts, flavour, resolutionOnDone }: JiraSiteOptions,
): SyncMappingsInput {
  const idOf = (name: string): string => (flavour === 'cloud' ? jira.user(name).accountId : name)
  return {
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
        ...(resolutionOnDone === 'required' ? { none: { resolutionId: '10002' } } : {}),
      },
      inbound: { '10000': 'action_taken', '10001': 'no_action_taken' },
    },
    conflicts,
  }
}

function peopleOf(
  jira: JiraSimulator,
  { resolutionOnDone }: JiraSiteOptions,
  deleted: Readonly<IssueRecord>[],
): SitePeople {
  return {
    choices: Object.keys(statuses).map((statusId) => [
      1,
      { statusId, resolutionIds: statusId === DONE && resolutionOnDone !== 'absent' ? RESOLUTIONS : [] },
    ]),
    create: (summary) => jira.createIssueAsPerson({ summary }).key,
    move: (id, statusId, resolutionId, by) =>
      jira.transitionAsPerson(
        id,
        statusId,
        by,
        resolutionId === null ? {} : { resolution: { id: resolutionId } },
      ),
    assign: (id, username, by) => jira.assignAsPerson(id, username, by),
    reword: (id, words, by) => jira.editIssueAsPerson(id, words, by),
    comment: (id, text, by) => jira.commentAsPerson(id, text, by),
    moveAway(id, by) {
      jira.moveIssue(id, jira.issue(id)?.key.startsWith('SEC-') === true ? 'NET' : 'SEC', by)
    },
    remove(id) {
      const issue = jira.issue(id)
      if (issue === null) return
      jira.deleteIssue(id, 'tripline')
      deleted.push(issue)
    },
  }
}

/** The dedupe key that an issue was created with; `null`: a person made it. */
export function dedupeKeyOf({ properties }: Readonly<IssueRecord>): string | null {
  const origin = properties['tripline']
  if (typeof origin !== 'object' || origin === null || !('dedupeKey' in origin)) return null
  return typeof origin.dedupeKey === 'string' ? origin.dedupeKey : null
}

function toSiteTicket(jira: JiraSimulator, issue: Readonly<IssueRecord>, deleted: boolean): SiteTicket {
  const { assignee, id, key, previousKeys, resolutionId, statusId } = issue
  return {
    id,
    key,
    keys: [key, ...previousKeys],
    dedupeKey: dedupeKeyOf(issue),
    deleted,
    state: { statusId, resolutionId, assignee },
    get history() {
      return historyOf(jira, issue)
    },
    get comments() {
      // Data Center's markup has hyphens escaped.
      return issue.comments.map(({ body }) => JSON.stringify(body).replaceAll('\\', ''))
    },
  }
}

function historyOf(jira: JiraSimulator, issue: Readonly<IssueRecord>): readonly TicketChange[] {
  const ownAccount = jira.user('tripline').accountId
  // Backwards from what it is: what it was born with is not in the history.
  let after: TicketState = {
    statusId: issue.statusId,
    resolutionId: issue.resolutionId,
    assignee: issue.assignee,
  }
  const changes: TicketChange[] = []
  for (const { at, author, items } of issue.history.toReversed()) {
    let before = after
    for (const { fieldId, from } of items) {
      if (fieldId === 'status') before = { ...before, statusId: from ?? '' }
      if (fieldId === 'resolution') before = { ...before, resolutionId: from }
      if (fieldId === 'assignee') before = { ...before, assignee: accountIdOf(jira, from) }
    }
    changes.push({
      at,
      author: jira.user(author).name,
      ours: author === ownAccount,
      before,
      after,
      items: items.map(({ fieldId, fromString, toString }) => ({
        field: fieldId,
        from: fromString,
        to: toString,
        of: trackedFields[fieldId],
      })),
    })
    after = before
  }
  return changes.reverse()
}

const trackedFields: Readonly<Record<string, TrackedField>> = {
  status: 'status',
  resolution: 'status',
  assignee: 'assignee',
}

/** Data Center's history names people by their key. */
function accountIdOf({ users }: JiraSimulator, from: string | null): string | null {
  if (from === null) return null
  return users.find(({ key }) => key === from)?.accountId ?? from
}

function meaningOf({ request }: Exchange): RequestMeaning {
  const { method, path } = request
  const [, ticketId = null, part = ''] = /\/issue\/(\d+)(\/\w+)?/u.exec(path) ?? []
  const fields: Readonly<Record<string, readonly TrackedField[]>> = {
    '/transitions': ['status'],
    '/assignee': ['assignee'],
  }
  return {
    ticketId,
    isWrite: method !== 'GET' && !path.includes('/search'),
    isRead: method === 'GET' && ticketId !== null && part === '',
    fields: method === 'GET' ? [] : (fields[part] ?? []),
  }
}

async function registerWebhook(
  jira: JiraSimulator,
  flavour: JiraSiteOptions['flavour'],
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
