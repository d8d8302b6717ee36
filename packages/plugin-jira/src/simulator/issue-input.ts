import { FIELD_READERS, FieldProblem, readCustomValue, readLabel, readRichText } from './field-values.ts'
import type { IssueChange } from './issue-change.ts'
import type { ApiVersion } from './issue-json.ts'
import type { IssueRecord } from './issue-record.ts'
import type { Jira } from './jira.ts'
import { jiraError, notOnScreen } from './jira-error.ts'
import { invalidPayload, isObject, type JsonObject } from './json-body.ts'
import type { RichText } from './rich-text.ts'

/** What a create, an edit or a transition asks for, checked. */
export interface IssueInput {
  readonly change: IssueChange
  readonly comments: readonly RichText[]
  readonly properties: Readonly<Record<string, unknown>>
  /** Ids of the fields that were given a value. */
  readonly given: ReadonlySet<string>
}

export interface InputScreen {
  readonly version: ApiVersion
  /** Ids of the fields that may be set. */
  readonly fields: ReadonlySet<string>
  /** Whose labels `add` and `remove` start from; `null` when it is being created. */
  readonly issue: IssueRecord | null
}

/** Reads `fields`, `update` and `properties`. Problems are collected by field in `problems`, so that the caller may add its own. */
export function readIssueInput(
  jira: Jira,
  body: JsonObject,
  screen: InputScreen,
  problems: Record<string, string>,
): IssueInput {
  const fields = part(body, 'fields')
  const update = part(body, 'update')
  const given = new Set<string>()
  const comments: RichText[] = []
  let change: IssueChange = {}

  function attempt(id: string, read: () => IssueChange): void {
    if (!screen.fields.has(id)) {
      problems[id] = notOnScreen(id)
      return
    }
    given.add(id)
    try {
      const part = read()
      change = { ...change, ...part, custom: { ...change.custom, ...part.custom } }
    } catch (error) {
      if (!(error instanceof FieldProblem)) throw error
      problems[id] = error.message
    }
  }

  for (const [id, value] of Object.entries(fields))
    attempt(id, () => fieldChange(jira, id, value, screen.version))
  for (const [id, operations] of Object.entries(update)) {
    if (id in fields) {
      problems[id] = `Field '${id}' cannot appear in both 'fields' and 'update'`
    } else if (!Array.isArray(operations) || !operations.every(isObject)) {
      throw invalidPayload()
    } else if (id === 'comment') {
      attempt(id, () => {
        for (const operation of operations) comments.push(addedComment(jira, operation, screen.version))
        return {}
      })
    } else if (id === 'labels') {
      attempt(id, () => ({ labels: updatedLabels(screen.issue?.labels ?? [], operations) }))
    } else {
      attempt(id, () => fieldChange(jira, id, lastSet(operations), screen.version))
    }
  }
  return { change, comments, properties: readProperties(body), given }
}

/** @throws AnswerNow 400 when there is any problem. */
export function refuseProblems(problems: Readonly<Record<string, string>>): void {
  if (Object.keys(problems).length > 0) throw jiraError(400, problems)
}

function part(body: JsonObject, name: string): JsonObject {
  const value = body[name] ?? {}
  if (!isObject(value)) throw invalidPayload()
  return value
}

function fieldChange(jira: Jira, id: string, value: unknown, version: ApiVersion): IssueChange {
  const custom = jira.site.customFields.find((field) => field.id === id)
  if (custom !== undefined) return { custom: { [id]: readCustomValue(jira, custom, value, version) } }
  const read = FIELD_READERS[id]
  if (read === undefined) throw new FieldProblem(notOnScreen(id))
  return read(jira, value, version)
}

function updatedLabels(current: readonly string[], operations: readonly JsonObject[]): string[] {
  let labels = [...current]
  for (const operation of operations) {
    if ('set' in operation) {
      if (!Array.isArray(operation['set'])) throw new FieldProblem('data was not an array')
      labels = operation['set'].map(readLabel)
    } else if ('add' in operation) {
      labels.push(readLabel(operation['add']))
    } else if ('remove' in operation) {
      labels = labels.filter((label) => label !== operation['remove'])
    } else throw unknownOperation()
  }
  return [...new Set(labels)]
}

function lastSet(operations: readonly JsonObject[]): unknown {
  const last = operations.at(-1)
  if (last === undefined || !('set' in last)) throw unknownOperation()
  return last['set']
}

function addedComment(jira: Jira, operation: JsonObject, version: ApiVersion): RichText {
  const added = operation['add']
  if (!isObject(added)) throw unknownOperation()
  return readRichText(jira, added['body'], version)
}

function unknownOperation(): FieldProblem {
  return new FieldProblem('Unknown operation on the field, or its value is missing')
}

function readProperties(body: JsonObject): Record<string, unknown> {
  const given = body['properties'] ?? []
  if (!Array.isArray(given)) throw invalidPayload()
  const properties: Record<string, unknown> = {}
  for (const entry of given as unknown[]) {
    if (!isObject(entry) || typeof entry['key'] !== 'string') throw invalidPayload()
    properties[entry['key']] = checkedProperty(entry['key'], entry['value'])
  }
  return properties
}

const MAX_PROPERTY_BYTES = 32_768
const MAX_PROPERTY_KEY = 255

/** @throws AnswerNow 400 when key or value are too long. */
export function checkedProperty(key: string, value: unknown): unknown {
  if (key.length > MAX_PROPERTY_KEY)
    throw jiraError(400, `The property key cannot be longer than ${MAX_PROPERTY_KEY} characters.`)
  if (Buffer.byteLength(JSON.stringify(value ?? null)) > MAX_PROPERTY_BYTES) {
    throw jiraError(400, `The property value cannot be larger than ${MAX_PROPERTY_BYTES} bytes.`)
  }
  return value ?? null
}
