import { createHmac, randomUUID } from 'node:crypto'
import { AnswerNow, type WebhookSender } from '@tripline/adapter-testkit/simulator'
import { commentJson } from './comment-json.ts'
import { changeItemJson, issueJson } from './issue-json.ts'
import type { WebhookRegistration } from './issue-record.ts'
import { isCloud, type Jira, type JiraEvent } from './jira.ts'
import { parseJql } from './jql.ts'
import { jqlMatch } from './jql-match.ts'
import { userJson } from './user-json.ts'

/** Hands an event to every webhook that asked for it. */
export function notifyWebhooks(jira: Jira, sender: WebhookSender, event: JiraEvent): void {
  const wanting = jira.state.webhooks.filter((webhook) => wants(jira, webhook, event))
  if (wanting.length === 0) return
  const payload = JSON.stringify(eventPayload(jira, event))
  for (const webhook of wanting) {
    const body = webhook.excludeBody ? '' : payload
    // The same over all repetitions: it is what receivers know a repetition by.
    const identifier = randomUUID()
    sender.enqueue({
      url: webhook.url.replaceAll('${issue.key}', event.issue.key).replaceAll('${issue.id}', event.issue.id),
      event: event.name,
      body,
      headers: (retry) => ({
        'user-agent': 'Atlassian HttpClient',
        'x-atlassian-webhook-identifier': identifier,
        'x-atlassian-webhook-flow': 'Primary',
        ...(retry === 0 ? {} : { 'x-atlassian-webhook-retry': String(retry) }),
        ...signature(jira, webhook, body),
      }),
    })
  }
}

function wants(jira: Jira, webhook: WebhookRegistration, event: JiraEvent): boolean {
  if (!webhook.events.includes(event.name)) return false
  if (webhook.jql === '') return true
  try {
    return jqlMatch(jira, parseJql(webhook.jql))(event.issue)
  } catch (error) {
    // A filter may name what has been deleted since; the change itself must not fail for it.
    if (error instanceof AnswerNow) return false
    throw error
  }
}

/** Data Center has no secrets for webhooks. */
function signature(jira: Jira, webhook: WebhookRegistration, body: string): Record<string, string> {
  if (webhook.secret === null || !isCloud(jira)) return {}
  return { 'x-hub-signature': `sha256=${createHmac('sha256', webhook.secret).update(body).digest('hex')}` }
}

/** Webhooks speak version 2, whatever version the receiver uses. */
function eventPayload(jira: Jira, event: JiraEvent): Record<string, unknown> {
  const { issue, user } = event
  const head = { timestamp: jira.now().getTime(), webhookEvent: event.name }
  switch (event.name) {
    case 'jira:issue_created':
    case 'jira:issue_deleted':
      return {
        ...head,
        issue_event_type_name: event.name.slice('jira:'.length),
        user: userJson(jira, user),
        issue: issueJson(jira, issue, '2'),
      }
    case 'jira:issue_updated': {
      const { changelog } = event
      return {
        ...head,
        issue_event_type_name: eventTypeName(event),
        user: userJson(jira, user),
        issue: issueJson(jira, issue, '2'),
        ...(changelog === null
          ? {}
          : {
              changelog: {
                id: changelog.id,
                items: changelog.items.map((item) => changeItemJson(jira, item)),
              },
            }),
      }
    }
    case 'comment_created':
    case 'comment_updated':
      return {
        ...head,
        comment: commentJson(jira, issue, event.comment, '2'),
        issue: issueJson(jira, issue, '2', (field) => THIN_FIELDS.has(field)),
        eventType: 'primaryAction',
      }
  }
}

const THIN_FIELDS = new Set(['summary', 'issuetype', 'project', 'assignee', 'priority', 'status'])

function eventTypeName(event: Extract<JiraEvent, { name: 'jira:issue_updated' }>): string {
  if (event.changelog === null) return 'issue_commented'
  const fields = new Set(event.changelog.items.map(({ fieldId }) => fieldId))
  if (fields.has('status')) return 'issue_generic'
  if (fields.has('project')) return 'issue_moved'
  return fields.has('assignee') && fields.size === 1 ? 'issue_assigned' : 'issue_updated'
}
