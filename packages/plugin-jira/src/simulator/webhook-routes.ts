import {
  emptyAnswer,
  jsonAnswer,
  param,
  type Route,
  type SimulatorRequest,
} from '@tripline/adapter-testkit/simulator'
import { callerOf, demand } from './caller.ts'
import type { WebhookRegistration } from './issue-record.ts'
import type { Jira } from './jira.ts'
import { jiraError } from './jira-error.ts'
import { nextId } from './jira-state.ts'
import { parseJql } from './jql.ts'
import { jqlMatch } from './jql-match.ts'
import { isObject, objectBody, type JsonObject } from './json-body.ts'
import type { JiraUser } from './site.ts'
import { userJson } from './user-json.ts'

const PATH = '/rest/webhooks/1.0/webhook'
const FILTER = 'issue-related-events-section'

/** The registry of webhooks that administrators set up. */
export function webhookRoutes(jira: Jira): Route[] {
  const route = (
    method: string,
    path: string,
    handle: (request: SimulatorRequest, caller: JiraUser) => ReturnType<Route['handle']>,
  ): Route => ({
    method,
    path: PATH + path,
    handle(request) {
      const caller = callerOf(jira, request)
      demand(caller, 'ADMINISTER', 'You do not have permission to administer webhooks.')
      return handle(request, caller)
    },
  })
  return [
    route('GET', '', () =>
      jsonAnswer(
        200,
        jira.state.webhooks.map((webhook) => webhookJson(jira, webhook)),
      ),
    ),
    route('POST', '', (request, caller) => {
      const webhook = registrationFrom(jira, objectBody(request), caller)
      jira.state.webhooks.push(webhook)
      jira.save()
      return jsonAnswer(201, webhookJson(jira, webhook))
    }),
    route('GET', '/:id', (request) => jsonAnswer(200, webhookJson(jira, registrationOf(jira, request)))),
    route('DELETE', '/:id', (request) => {
      const { id } = registrationOf(jira, request)
      jira.state.webhooks = jira.state.webhooks.filter((webhook) => webhook.id !== id)
      jira.save()
      return emptyAnswer(204)
    }),
  ]
}

function registrationFrom(jira: Jira, body: JsonObject, caller: JiraUser): WebhookRegistration {
  const { name, url, events, filters, secret, excludeBody } = body
  if (typeof name !== 'string' || name === '') throw jiraError(400, { name: 'The name is required.' })
  if (typeof url !== 'string' || !/^https?:/.test(url) || !URL.canParse(url))
    throw jiraError(400, { url: 'The URL is not valid.' })
  if (!Array.isArray(events) || !events.every((event) => typeof event === 'string')) {
    throw jiraError(400, { events: 'The events must be a list of names.' })
  }
  const filter = isObject(filters) ? filters[FILTER] : ''
  const jql = typeof filter === 'string' ? filter : ''
  // Refused now rather than at the first event.
  if (jql !== '') jqlMatch(jira, parseJql(jql))
  return {
    id: String(nextId(jira.state, 'webhook')),
    name,
    url,
    events,
    secret: typeof secret === 'string' && secret !== '' ? secret : null,
    jql,
    excludeBody: excludeBody === true,
    registeredBy: caller.accountId,
    registeredAt: jira.now().getTime(),
  }
}

function registrationOf(jira: Jira, request: SimulatorRequest): WebhookRegistration {
  const id = param(request, 'id')
  const webhook = jira.state.webhooks.find((candidate) => candidate.id === id)
  if (webhook === undefined) throw jiraError(404, 'The webhook does not exist.')
  return webhook
}

/** Never with the secret. */
function webhookJson(jira: Jira, webhook: WebhookRegistration): Record<string, unknown> {
  const user = jira.site.users.find(({ accountId }) => accountId === webhook.registeredBy)
  return {
    self: `${jira.baseUrl}${PATH}/${webhook.id}`,
    name: webhook.name,
    url: webhook.url,
    events: webhook.events,
    filters: { [FILTER]: webhook.jql },
    excludeBody: webhook.excludeBody,
    isSigned: webhook.secret !== null,
    enabled: true,
    lastUpdated: webhook.registeredAt,
    ...(user === undefined
      ? {}
      : { lastUpdatedUser: userJson(jira, user)['self'], lastUpdatedDisplayName: user.displayName }),
  }
}
