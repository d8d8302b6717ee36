import { isAdfDocument } from './adf.ts'
import type { IssueChange } from './issue-change.ts'
import type { ApiVersion } from './issue-json.ts'
import type { CustomValue } from './issue-record.ts'
import { isCloud, type Jira } from './jira.ts'
import { isObject } from './json-body.ts'
import { plainText, type RichText } from './rich-text.ts'
import {
  findProject,
  isAssignable,
  type JiraCustomField,
  type JiraNamedValue,
  type JiraUser,
} from './site.ts'

const MAX_SUMMARY = 255
const MAX_LABEL = 255
const MAX_TEXT_FIELD = 255

/** Thrown for one field; the request is then refused with all fields' problems. */
export class FieldProblem extends Error {
  override readonly name = 'FieldProblem'
}

/** Turns the value of one field into a change. */
export type FieldReader = (jira: Jira, value: unknown, version: ApiVersion) => IssueChange

/** Of the fields every Jira has. */
export const FIELD_READERS: Readonly<Record<string, FieldReader>> = {
  project: (jira, value) => ({ projectId: readProject(jira, value) }),
  issuetype: (jira, value) => ({
    issueTypeId: readNamed(jira.site.issueTypes, value, 'The issue type selected is invalid.'),
  }),
  summary: (_jira, value) => ({ summary: readSummary(value) }),
  description: (jira, value, version) => ({
    description: value === null ? null : readRichText(jira, value, version),
  }),
  priority: (jira, value) => ({
    priorityId: readNamed(jira.site.priorities, value, 'The priority selected is invalid.'),
  }),
  labels: (_jira, value) => ({ labels: readLabels(value) }),
  assignee: (jira, value) => ({ assignee: readAssignee(jira, value) }),
  reporter: (jira, value) => ({ reporter: readUser(jira, value).accountId }),
  resolution: (jira, value) => ({
    resolutionId:
      value === null ? null : readNamed(jira.site.resolutions, value, 'The resolution selected is invalid.'),
  }),
}

export function readRichText(jira: Jira, value: unknown, version: ApiVersion): RichText {
  const richText = version === '2' ? wikiText(value) : adf(value)
  if (plainText(richText).length > jira.limits.text) {
    const limit = jira.limits.text.toLocaleString('en-US')
    throw new FieldProblem(
      `The entered text is too long. It exceeds the allowed limit of ${limit} characters.`,
    )
  }
  return richText
}

function wikiText(value: unknown): RichText {
  if (typeof value !== 'string') throw new FieldProblem('Operation value must be a string')
  return { kind: 'text', text: value }
}

function adf(value: unknown): RichText {
  if (!isAdfDocument(value)) {
    throw new FieldProblem(
      'Operation value must be an Atlassian Document (see the Atlassian Document Format)',
    )
  }
  return { kind: 'adf', document: value }
}

function readSummary(value: unknown): string {
  if (value !== null && typeof value !== 'string') throw new FieldProblem('Operation value must be a string')
  if (value === null || value.trim() === '')
    throw new FieldProblem('You must specify a summary of the issue.')
  if (/[\r\n]/.test(value))
    throw new FieldProblem('The summary is invalid because it contains newline characters.')
  if (value.length > MAX_SUMMARY) throw new FieldProblem(`Summary can't exceed ${MAX_SUMMARY} characters.`)
  return value
}

function readLabels(value: unknown): string[] {
  if (!Array.isArray(value)) throw new FieldProblem('data was not an array')
  return [...new Set(value.map(readLabel))]
}

export function readLabel(value: unknown): string {
  if (typeof value !== 'string') throw new FieldProblem('Operation value must be a string')
  if (/\s/.test(value)) throw new FieldProblem(`The label '${value}' contains spaces which is invalid.`)
  if (value.length > MAX_LABEL)
    throw new FieldProblem(`The label '${value}' exceeds the limit of ${MAX_LABEL} characters.`)
  return value
}

function readProject(jira: Jira, value: unknown): string {
  if (!isObject(value)) throw new FieldProblem('data was not an object')
  const reference = value['id'] ?? value['key']
  const project = typeof reference === 'string' ? findProject(jira.site, reference) : null
  if (project === null) throw new FieldProblem('valid project is required')
  return project.id
}

function readNamed(values: readonly JiraNamedValue[], value: unknown, problem: string): string {
  if (!isObject(value)) throw new FieldProblem('data was not an object')
  const found = values.find(({ id, name }) =>
    value['id'] === undefined ? name === value['name'] : id === value['id'],
  )
  if (found === undefined) throw new FieldProblem(problem)
  return found.id
}

/** @throws FieldProblem when the user is unknown or may not be given issues. */
export function readAssignee(jira: Jira, value: unknown): string | null {
  if (value === null) return null
  const given = isObject(value) ? value[isCloud(jira) ? 'accountId' : 'name'] : undefined
  // -1 stands for the project's default assignee, which is nobody here.
  if (given === null || given === '-1') return null
  const user = readUser(jira, value)
  if (!isAssignable(user)) {
    throw new FieldProblem(`User '${isCloud(jira) ? user.accountId : user.name}' cannot be assigned issues.`)
  }
  return user.accountId
}

function readUser(jira: Jira, value: unknown): JiraUser {
  if (!isObject(value)) throw new FieldProblem('data was not an object')
  if (isCloud(jira) && (value['name'] !== undefined || value['key'] !== undefined)) {
    throw new FieldProblem(
      "'accountId' must be the only user identifying query parameter in GDPR strict mode.",
    )
  }
  const reference = isCloud(jira) ? (value['accountId'] ?? value['id']) : value['name']
  if (typeof reference !== 'string') throw new FieldProblem('expected Object containing a user')
  const user = jira.site.users.find(({ accountId, name }) => (isCloud(jira) ? accountId : name) === reference)
  if (user === undefined) throw new FieldProblem(`User '${reference}' does not exist.`)
  return user
}

export function readCustomValue(
  jira: Jira,
  field: JiraCustomField,
  value: unknown,
  version: ApiVersion,
): CustomValue | null {
  if (value === null) return null
  switch (field.type) {
    case 'textarea':
      return readRichText(jira, value, version)
    case 'number':
      if (typeof value !== 'number') throw new FieldProblem('Operation value must be a number')
      return value
    case 'select':
      return readOption(field, value)
    case 'url':
      if (typeof value !== 'string' || !URL.canParse(value)) throw new FieldProblem('The URL is not valid.')
      return value
    case 'text':
      if (typeof value !== 'string') throw new FieldProblem('Operation value must be a string')
      if (value.length > MAX_TEXT_FIELD) {
        throw new FieldProblem(
          `The entered text is too long. It exceeds the allowed limit of ${MAX_TEXT_FIELD} characters.`,
        )
      }
      return value
  }
}

function readOption(field: JiraCustomField, value: unknown): string {
  if (!isObject(value)) throw new FieldProblem("Specify a valid 'id' or 'name' for " + field.name)
  const option = field.options?.find(({ id, name }) =>
    value['id'] === undefined ? name === value['value'] : id === value['id'],
  )
  if (option === undefined)
    throw new FieldProblem(`Option value '${String(value['value'] ?? value['id'])}' is not valid`)
  return option.id
}
