import {
  AccessDenied,
  type ContentField,
  type JsonObject,
  type JsonValue,
  type RefusedChange,
  Rejected,
  type Ticket,
  type TicketChange,
  TicketNotFound,
} from '@tripline/core'
import type { JiraClient } from './jira-client.ts'
import { dedupeKeyOf, toContent, toLabels, toSummary, toText } from './jira-mapping.ts'
import type { JiraIssue } from './jira-payloads.ts'
import type { JiraSettings } from './settings.ts'

/** What became of the content. */
export interface ContentUpdate {
  readonly written: readonly ContentField[]
  readonly refused: readonly RefusedChange[]
}

/** Writes the content that differs. What Jira refuses is left out, so that it does not keep the rest from being written. */
export async function updateContent(
  client: JiraClient,
  issue: JiraIssue,
  seen: Ticket,
  change: TicketChange,
  settings: JiraSettings,
): Promise<ContentUpdate> {
  const { values, refused } = differingFields(issue, seen, change, settings)
  const written: ContentField[] = []
  const batches: ContentField[][] = [[...values.keys()]]
  for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
    if (batch.length === 0) continue
    const error = await write(
      client,
      issue,
      new Map(batch.map((field) => [field, values.get(field) ?? null])),
    )
    if (error === null) {
      written.push(...batch)
      continue
    }
    const named = batch.filter((field) => error.issues.some(({ path }) => path === field))
    if (named.length > 0) {
      refused.push(...named.map((field) => fieldRefusal(field, error)))
      batches.push(batch.filter((field) => !named.includes(field)))
    } else if (batch.length > 1) batches.push(...batch.map((field) => [field]))
    else refused.push(...batch.map((field) => fieldRefusal(field, error)))
  }
  return { written, refused }
}

function differingFields(
  issue: JiraIssue,
  seen: Ticket,
  change: TicketChange,
  settings: JiraSettings,
): { values: Map<ContentField, JsonValue>; refused: RefusedChange[] } {
  const origin = dedupeKeyOf(issue)
  const { summary, description, priority, labels } = change
  const values = new Map<ContentField, JsonValue>()
  const refused: RefusedChange[] = []
  if (summary !== undefined) values.set('summary', toSummary(summary))
  if (description !== undefined) values.set('description', toText(description, settings))
  if (priority === null) {
    if (issue.fields.priority) {
      const message =
        "Jira's default priority cannot be asked for on an existing issue; it keeps the one it has."
      refused.push({ field: 'priority', code: 'invalid_value', message })
    }
  } else if (priority !== undefined) values.set('priority', { id: priority })
  if (labels !== undefined) values.set('labels', toLabels(origin === null ? labels : [...labels, origin]))

  const written = toContent({ ...issue, fields: { ...issue.fields, ...contentOf(values) } })
  const present = toContent(issue)
  for (const field of values.keys()) {
    const isChanged = seen.content[field] !== undefined && seen.content[field] !== present[field]
    if (written[field] === present[field] || isChanged) values.delete(field)
    if (written[field] !== present[field] && isChanged) {
      const message = `Somebody changed the ${field} of ${issue.key} since it was read.`
      refused.push({ field, code: 'changed_meanwhile', message })
    }
  }
  return { values, refused }
}

/** What is about to be written, as Jira would return it. */
function contentOf(values: ReadonlyMap<ContentField, JsonValue>): Partial<JiraIssue['fields']> {
  const priority = values.get('priority') as { readonly id: string } | undefined
  return {
    ...Object.fromEntries(values),
    ...(priority === undefined ? {} : { priority: { id: priority.id, name: '' } }),
  } as Partial<JiraIssue['fields']>
}

async function write(
  client: JiraClient,
  { id, key }: JiraIssue,
  values: ReadonlyMap<ContentField, JsonValue>,
): Promise<Rejected | null> {
  const fields: JsonObject = Object.fromEntries(values)
  try {
    if (!(await client.editIssue(id, fields)))
      throw new TicketNotFound(`There is no issue ${key} (any more).`)
    return null
  } catch (error) {
    if (error instanceof Rejected) return error
    if (error instanceof AccessDenied) {
      return new Rejected(
        error.message,
        [...values.keys()].map((path) => ({ path, message: 'may not be edited' })),
      )
    }
    throw error
  }
}

function fieldRefusal(field: ContentField, error: Rejected): RefusedChange {
  const message = error.issues.find(({ path }) => path === field)?.message ?? error.message
  return {
    field,
    code: /cannot be set|may not be edited/u.test(message) ? 'not_editable' : 'invalid_value',
    message,
  }
}
