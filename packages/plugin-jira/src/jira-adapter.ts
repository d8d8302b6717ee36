import {
  type CallOptions,
  type ChangedTickets,
  type PluginHost,
  Rejected,
  type Ticket,
  type TicketAccount,
  type TicketDraft,
  ticketIdSchema,
  type TicketingAdapter,
  TicketingError,
  TicketNotFound,
} from '@tripline/core'
import { issueId, parseIssueReference } from './issue-reference.ts'
import { findUpdateOutcome, updateIssue } from './issue-update.ts'
import { checkJira } from './check/jira-check.ts'
import { JiraClient, originProperty } from './jira-client.ts'
import { createJiraApi } from './jira-transport.ts'
import { addCommentOnce } from './jira-comment.ts'
import {
  dedupeKeyOf,
  issueUrl,
  toAccount,
  toContent,
  toCreateBody,
  toTicket,
  toTicketStatus,
} from './jira-mapping.ts'
import type { JiraIssue } from './jira-payloads.ts'
import { createdIssuesQuery, updatedIssuesQuery } from './jql.ts'
import { putBacklink } from './backlink.ts'
import { unreadStatus } from './status-update.ts'
import { type JiraSettings, typeOf } from './settings.ts'
import { readJiraWebhook } from './webhook.ts'

const CLOUD_SETTLES_WITHIN_MS = 60_000
const DATA_CENTER_SETTLES_WITHIN_MS = 15_000
const PAGE = 100

/** An adapter for one Jira project. */
export function createJiraAdapter(settings: JiraSettings, host: PluginHost): TicketingAdapter {
  const apiFor = createJiraApi(settings, host)
  const clientFor = (signal: AbortSignal): JiraClient => new JiraClient(apiFor(signal), settings)
  const cloud = settings.deployment === 'cloud'

  return {
    createSettlesWithinMs:
      settings.createSettlesWithinMs ?? (cloud ? CLOUD_SETTLES_WITHIN_MS : DATA_CENTER_SETTLES_WITHIN_MS),

    async create(draft, options) {
      const client = clientFor(options.signal)
      const created = await client.createIssue(toCreateBody(draft, settings))
      await softly(host, created.key, 'The link back to the detection could not be added', () =>
        putBacklink(client, created.id, draft.backlink),
      )
      return (await readCreated(client, created)) ?? createdTicket(created, draft)
    },

    async findCreated(dedupeKey, options) {
      const client = clientFor(options.signal)
      const { issues } = await client.searchIssues(createdIssuesQuery(dedupeKey), null, PAGE)
      // The oldest first: should there be several, everybody has to choose the same one.
      const ids = issues.map(({ id }) => id).toSorted((one, other) => compareIds(one, other))
      let labelled: JiraIssue | null = null
      for (const id of ids) {
        const issue = await client.getIssue(id)
        if (issue === null || issue.fields.labels?.includes(dedupeKey) !== true) continue
        if (dedupeKeyOf(issue) === dedupeKey) return toTicket(issue, settings)
        labelled ??= issue
      }
      return labelled === null ? null : toTicket(labelled, settings)
    },

    update: (seen, change, options) => updateIssue(clientFor(options.signal), seen, change, settings),

    findOutcome: (seen, fields, options) =>
      findUpdateOutcome(clientFor(options.signal), seen, fields, settings),

    async link(reference, backlink, options) {
      const key = parseIssueReference(reference, [settings.baseUrl, settings.siteUrl ?? settings.baseUrl])
      const client = clientFor(options.signal)
      const issue = await client.getIssue(key)
      if (issue === null || !(await putBacklink(client, issue.id, backlink))) {
        throw new TicketNotFound(`There is no issue ${key}, or the account may not see it.`)
      }
      return toTicket(issue, settings)
    },

    async find(ref, options) {
      const issue = await clientFor(options.signal).getIssue(issueId(ref))
      return issue === null ? null : toTicket(issue, settings)
    },

    check: (needs, options) => checkJira(clientFor(options.signal), needs, settings, host.now()),

    async describe(options) {
      const client = clientFor(options.signal)
      const types = await client.listProjectStatuses()
      if (types === null)
        throw new Rejected(`There is no project ${settings.projectKey}, or the account may not see it.`)
      const type = typeOf(types, settings.issueType)
      if (type === undefined)
        throw new Rejected(`The project ${settings.projectKey} has no issue type ${settings.issueType}.`)
      return {
        statuses: type.statuses.map(toTicketStatus),
        resolutions: await client.listResolutions(),
        priorities: await client.listPriorities(),
      }
    },

    render: (draft) => toCreateBody(draft, settings),

    comment: (ref, text, marker, options) =>
      addCommentOnce(clientFor(options.signal), ref, text, marker, settings),

    async findAccount(username, options): Promise<TicketAccount | null> {
      const wanted = username.trim().toLowerCase()
      if (wanted === '') return null
      const users = await clientFor(options.signal).searchAssignable(username.trim())
      const named = (name: (user: (typeof users)[number]) => string | null | undefined): typeof users =>
        users.filter((user) => user.active !== false && name(user)?.toLowerCase() === wanted)
      // A name that several people bear says nothing.
      for (const found of [
        named(({ name }) => name),
        named(({ emailAddress }) => emailAddress),
        named(({ displayName }) => displayName),
      ]) {
        const [user, another] = found
        if (user !== undefined) return another === undefined ? toAccount(user) : null
      }
      return null
    },

    listTicketsUpdatedSince: (since, cursor, options) => listUpdated(since, cursor, options),

    receiveWebhook: (request) => readJiraWebhook(request, settings),
  }

  async function listUpdated(
    since: Date,
    cursor: string | null,
    options: CallOptions,
  ): Promise<ChangedTickets> {
    const at = cursor === null ? null : parseCursor(cursor)
    const jql = at?.jql ?? updatedIssuesQuery(settings.projectKey, since, host.now())
    const page = await clientFor(options.signal).searchIssues(jql, at?.next ?? null, PAGE)
    return {
      tickets: page.issues.map(({ id, key }) => ({ id: ticketIdSchema.parse(id), key })),
      nextCursor: page.next === null ? null : JSON.stringify({ jql, next: page.next }),
    }
  }

  /** Twice, since nothing but the answer to a read is missing. */
  async function readCreated(client: JiraClient, { id }: { readonly id: string }): Promise<Ticket | null> {
    for (let attempt = 0; attempt < 2; attempt += 1) {
      try {
        const issue = await client.getIssue(id)
        if (issue !== null) return toTicket(issue, settings)
      } catch (error) {
        if (!(error instanceof TicketingError)) throw error
      }
    }
    return null
  }

  /**
   * What is known of an issue that was created and could not be read. Throwing would lose its id, and with it the only
   * certain proof that nothing has to be created any more. The next read corrects the status.
   */
  function createdTicket(
    { id, key }: { readonly id: string; readonly key: string },
    draft: TicketDraft,
  ): Ticket {
    const fields = toCreateBody(draft, settings)['fields'] as JiraIssue['fields']
    const { priority, ...texts } = toContent({
      fields,
      properties: { [originProperty]: { dedupeKey: draft.dedupeKey } },
    })
    // Without a priority it has Jira's default, whichever that is.
    const content = draft.priority === null || priority === undefined ? texts : { ...texts, priority }
    return {
      id: ticketIdSchema.parse(id),
      key,
      url: issueUrl(key, settings),
      container: settings.projectKey,
      status: unreadStatus,
      resolution: null,
      assignee: null,
      content,
      updatedAt: host.now(),
    }
  }
}

/** For what must not turn a success into a failure. */
async function softly(
  host: PluginHost,
  key: string,
  message: string,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof TicketingError)) throw error
    host.log('warn', message, { key, code: error.code, reason: error.message })
  }
}

function compareIds(one: string, other: string): number {
  return one.length - other.length || (one < other ? -1 : 1)
}

function parseCursor(cursor: string): { readonly jql: string; readonly next: string } {
  try {
    const { jql, next } = JSON.parse(cursor) as { jql: unknown; next: unknown }
    if (typeof jql === 'string' && typeof next === 'string') return { jql, next }
  } catch {
    // Not made by us; said below.
  }
  throw new Rejected('The cursor is not one of this connection.')
}
