import { createHmac } from 'node:crypto'
import type { ContractWorld } from '@tripline/adapter-testkit'
import {
  parsePluginSettings,
  type PluginHost,
  type TicketId,
  type TicketingAdapter,
  ticketIdSchema,
} from '@tripline/core'
import { onTestFinished } from 'vitest'
import { jiraPlugin, type JiraSettings } from '../src/index.ts'
import { type JiraSimulator, type JiraSimulatorOptions, startJiraSimulator } from '../src/simulator/index.ts'
import { shownAdf } from './shown-adf.ts'
import { shownWiki } from './shown-wiki.ts'
import { trafficCheck } from './traffic-check.ts'

export type Deployment = JiraSettings['deployment']

const token = 'tok-5ecret-0f-tripline'
const DRAFT_LINKS = /^https:\/\/(?:safe|advisories)\.example\//u

export interface JiraWorld extends ContractWorld {
  readonly jira: JiraSimulator
  readonly settings: JiraSettings
  readonly logged: readonly string[]
}

export function jiraSettings(
  baseUrl: string,
  deployment: Deployment,
  change: Record<string, unknown> = {},
): JiraSettings {
  return parsePluginSettings(jiraPlugin, {
    baseUrl,
    deployment,
    ...(deployment === 'cloud'
      ? { email: 'tripline@example.com', apiToken: token }
      : { personalAccessToken: token }),
    projectKey: 'SEC',
    issueType: 'Task',
    ...change,
  })
}

/** A Jira of its own for one test, and the plugin connected to it. */
export async function startJiraWorld(
  deployment: Deployment,
  options: Omit<JiraSimulatorOptions, 'flavour'> = {},
  change: Record<string, unknown> = {},
): Promise<JiraWorld> {
  const traffic = await trafficCheck(deployment)
  const jira = await startJiraSimulator({
    flavour: deployment,
    tokens: { tripline: token },
    onExchange: traffic.onExchange,
    ...options,
  })
  const logged: string[] = []
  const host: PluginHost = {
    fetch: globalThis.fetch,
    now: options.now ?? (() => new Date()),
    log: (level, message, details) => logged.push(`${level}: ${message} ${JSON.stringify(details)}`),
  }
  const settings = jiraSettings(jira.url, deployment, change)
  const stranger =
    deployment === 'cloud' ? { apiToken: 'wr0ng-token' } : { personalAccessToken: 'wr0ng-token' }
  const { accountId, displayName, name } = jira.user('mlindqvist')
  const cloud = deployment === 'cloud'
  const account = cloud ? { id: accountId, name: displayName } : { id: name, name }
  const self = jira.user('tripline')
  const issueOf = (id: TicketId): NonNullable<ReturnType<JiraSimulator['issue']>> => {
    const issue = jira.issue(id)
    if (issue === null) throw new Error(`There is no issue ${id}`)
    return issue
  }

  return {
    jira,
    settings,
    logged,
    adapter: jiraPlugin.connect(settings, host),
    impatient: jiraPlugin.connect({ ...settings, timeoutMs: 150 }, host),
    unauthorized: jiraPlugin.connect({ ...settings, ...stranger }, host),
    secrets: [token, 'wr0ng-token', Buffer.from(`tripline@example.com:${token}`).toString('base64')],
    faults: jira.faults,
    createRequest: { method: 'POST', path: '/rest/api/:version/issue' },
    readRequest: { method: 'GET', path: '/rest/api/:version/issue/:id' },
    recordedWrite: { method: 'PUT', path: '/rest/api/:version/issue/:id' },
    statuses: { active: '3', done: { id: '10002', resolutionId: '10001' }, unreachable: '99999' },
    priority: '1',
    assignable: { account, username: cloud ? 'Maria Lindqvist' : 'mlindqvist' },
    notAssignable: cloud ? self.accountId : self.name,
    foreignReferences: [
      'https://elsewhere.example/browse/SEC-1',
      'http://127.0.0.1:1/browse/SEC-1',
      `${jira.url}/browse/`,
      `${jira.url}/secure/Dashboard.jspa`,
      `${jira.url.replace('127.0.0.1', 'localhost')}/browse/SEC-1`,
    ],
    absentTicket: { id: ticketIdSchema.parse('999999'), key: 'SEC-99999', reference: 'SEC-99999' },
    malformedIds: ['SEC-1', '../1', '10401/../10402', '10401?x=y', '%2e%2e', '10401#', 'a b'],
    webhooksAreSigned: cloud,
    webhook(ref, secret) {
      const issue = { id: ref.id, key: ref.key, fields: { status: { name: 'not to be trusted' } } }
      const body = Buffer.from(JSON.stringify({ webhookEvent: 'jira:issue_updated', timestamp: 1, issue }))
      const signature =
        secret === null
          ? {}
          : { 'x-hub-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` }
      const headers = { 'x-atlassian-webhook-identifier': 'delivery-1', ...signature }
      return { method: 'POST', headers, body }
    },
    probes: {
      ticketsWithKey: (key) =>
        jira
          .issues()
          .filter(({ labels }) => labels.includes(key))
          .map(({ id }) => id),
      ticketCount: () => jira.issues().length,
      summary: (id) => issueOf(id).summary,
      description(id) {
        const { description } = issueOf(id)
        if (description === null) return { text: '', active: [] }
        return description.kind === 'adf'
          ? shownAdf(description.document, DRAFT_LINKS)
          : shownWiki(description.text, DRAFT_LINKS)
      },
      backlinks: (id) =>
        issueOf(id).remoteLinks.map(({ content }) => (content['object'] as { url: string }).url),
      commentCount: (id) => issueOf(id).comments.length,
      remove: (id) => jira.deleteIssue(id),
      rename: (id, summary) => jira.editIssueAsPerson(id, { summary }),
      move: (id) => void jira.moveIssue(id, 'NET'),
      lastCreateBody() {
        const request = jira
          .requests()
          .findLast(({ method, path }) => method === 'POST' && /\/rest\/api\/\d\/issue$/u.test(path))
        return request === undefined ? null : JSON.parse(request.body)
      },
    },
    async close() {
      await jira.close()
      traffic.verify()
    },
  }
}

/** A Jira of its own that ends with the test. */
export async function startedWorld(...options: Parameters<typeof startJiraWorld>): Promise<JiraWorld> {
  const started = await startJiraWorld(...options)
  onTestFinished(() => started.close())
  return started
}

/** The same connection, with what Jira answers changed on the way. */
export function through(
  { settings }: JiraWorld,
  change: (request: Request, answer: () => Promise<Response>) => Promise<Response>,
  now: () => Date = () => new Date(),
): TicketingAdapter {
  const host: PluginHost = {
    now,
    log: () => {},
    fetch: (input, init) => {
      const request = new Request(input, init)
      return change(request.clone(), () => fetch(request))
    },
  }
  return jiraPlugin.connect(settings, host)
}

/** Where somebody acts: just before Jira takes a request of the issue's path and what follows it. */
interface Moment {
  readonly method: string
  readonly path: '' | '/assignee' | '/transitions'
  readonly when?: () => boolean
}

/** Lets somebody act once, right before a request of the adapter is carried out. */
export function meanwhile({ jira }: JiraWorld, { method, path, when }: Moment, act: () => void): void {
  const pattern = new RegExp(`^/rest/api/\\d/issue/\\d+${path}$`, 'u')
  let hasActed = false
  jira.faults.add({
    kind: 'server-error',
    matches(request) {
      if (hasActed || request.method !== method || !pattern.test(request.path)) return false
      if (when?.() === false) return false
      hasActed = true
      act()
      return false
    },
  })
}
