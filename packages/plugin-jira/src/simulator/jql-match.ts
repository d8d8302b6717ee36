import type { IssueRecord } from './issue-record.ts'
import type { Jira } from './jira.ts'
import { jiraError } from './jira-error.ts'
import { findIssue } from './jira-state.ts'
import type { JqlClause, JqlOperator, JqlOrder, JqlQuery } from './jql.ts'
import { plainText } from './rich-text.ts'
import { findProject, statusOf } from './site.ts'

type Match = (issue: IssueRecord) => boolean

/** @throws AnswerNow 400 for fields, operators and values that the site does not have. */
export function jqlMatch(jira: Jira, query: JqlQuery): Match {
  const matches = query.clauses.map((clause) => clauseMatch(jira, clause))
  return (issue) => matches.every((match) => match(issue))
}

/** By creation, newest first, when nothing is asked for; ties by id, so that pages neither repeat nor skip. */
export function jqlCompare(order: readonly JqlOrder[]): (a: IssueRecord, b: IssueRecord) => number {
  const asked = order.length === 0 ? [{ field: 'created', descending: true } as const] : order
  return (a, b) => {
    for (const { field, descending } of asked) {
      const difference = sortValue(a, field) - sortValue(b, field)
      if (difference !== 0) return descending ? -difference : difference
    }
    return Number(a.id) - Number(b.id)
  }
}

function sortValue(issue: IssueRecord, field: JqlOrder['field']): number {
  if (field === 'key') return Number(issue.key.split('-')[1])
  return field === 'created' ? issue.createdAt : issue.updatedAt
}

function clauseMatch(jira: Jira, clause: JqlClause): Match {
  const { site } = jira
  switch (clause.field) {
    case 'project':
      return oneOf(
        clause,
        (issue) => [issue.projectId],
        (value) => {
          const project = findProject(site, value) ?? site.projects.find(({ name }) => name === value)
          return project?.id ?? missing(clause.field, value)
        },
      )
    case 'key':
    case 'issuekey':
    case 'issue':
      return oneOf(
        clause,
        (issue) => [issue.id],
        (value) => {
          return (
            findIssue(jira.state, value)?.id ??
            refuse(`An issue with key '${value}' does not exist for field '${clause.field}'.`)
          )
        },
      )
    case 'id':
      return oneOf(
        clause,
        (issue) => [issue.id],
        (value) => {
          return (
            findIssue(jira.state, value)?.id ??
            refuse(`A value with ID '${value}' does not exist for the field 'id'.`)
          )
        },
      )
    case 'issuetype':
    case 'type':
      return oneOf(
        clause,
        (issue) => [issue.issueTypeId],
        (value) => {
          const type = site.issueTypes.find(
            ({ id, name }) => id === value || name.toLowerCase() === value.toLowerCase(),
          )
          return type?.id ?? missing(clause.field, value)
        },
      )
    case 'labels':
      return oneOf(
        clause,
        (issue) => issue.labels,
        (value) => value,
      )
    case 'status':
      return oneOf(
        clause,
        (issue) => [issue.statusId],
        (value) => {
          const status = site.statuses.find(
            ({ id, name }) => id === value || name.toLowerCase() === value.toLowerCase(),
          )
          return status?.id ?? missing(clause.field, value)
        },
      )
    case 'statuscategory':
      return oneOf(
        clause,
        (issue) => [statusOf(site, issue.statusId).category],
        (value) => {
          return CATEGORY_NAMES[value.toLowerCase()] ?? missing('statusCategory', value)
        },
      )
    case 'text':
    case 'summary':
      return textMatch(clause)
    case 'created':
    case 'updated':
      return timeMatch(jira, clause, clause.field)
    default:
      return refuse(`Field '${clause.field}' does not exist or you do not have permission to view it.`)
  }
}

const CATEGORY_NAMES: Readonly<Record<string, string>> = {
  new: 'new',
  'to do': 'new',
  indeterminate: 'indeterminate',
  'in progress': 'indeterminate',
  done: 'done',
}

/** `!=` and `not in` find nothing where the field is empty, as in Jira. */
function oneOf(
  clause: JqlClause,
  valuesOf: (issue: IssueRecord) => readonly string[],
  resolve: (value: string) => string,
): Match {
  const wanted = new Set(clause.values.map(resolve))
  switch (clause.operator) {
    case '=':
    case 'in':
      return (issue) => valuesOf(issue).some((value) => wanted.has(value))
    case '!=':
    case 'not in':
      return (issue) => valuesOf(issue).length > 0 && !valuesOf(issue).some((value) => wanted.has(value))
    case '~':
    case '>':
    case '<':
    case '>=':
    case '<=':
      return wrongOperator(clause)
  }
}

function textMatch(clause: JqlClause): Match {
  if (clause.operator !== '~') return wrongOperator(clause)
  const value = clause.values[0] ?? ''
  const phrase = /^"(.*)"$/s.exec(value)?.[1]
  const wanted = words(phrase ?? value)
  return (issue) => {
    const texts = [issue.summary]
    if (clause.field === 'text') {
      if (issue.description !== null) texts.push(plainText(issue.description))
      texts.push(...issue.comments.map(({ body }) => plainText(body)))
    }
    const have = words(texts.join(' \n '))
    return phrase === undefined
      ? wanted.every((word) => have.includes(word))
      : have.join(' ').includes(wanted.join(' '))
  }
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}

function timeMatch(jira: Jira, clause: JqlClause, field: 'created' | 'updated'): Match {
  const value = clause.values[0] ?? ''
  const bound =
    readTime(jira, value) ??
    refuse(
      `Date value '${value}' for field '${field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.`,
    )
  const at = (issue: IssueRecord): number => (field === 'created' ? issue.createdAt : issue.updatedAt)
  return comparison(clause.operator, at, bound) ?? wrongOperator(clause)
}

function comparison(operator: JqlOperator, at: (issue: IssueRecord) => number, bound: number): Match | null {
  switch (operator) {
    case '>=':
      return (issue) => at(issue) >= bound
    case '>':
      return (issue) => at(issue) > bound
    case '<=':
      return (issue) => at(issue) <= bound
    case '<':
      return (issue) => at(issue) < bound
    case '=':
    case '!=':
    case '~':
    case 'in':
    case 'not in':
      return null
  }
}

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** To the minute, in the site's time zone. */
function readTime(jira: Jira, text: string): number | null {
  const period = /^-(\d+)([mhdw])$/.exec(text)
  if (period !== null) return jira.now().getTime() - Number(period[1]) * (UNIT_MS[period[2] ?? ''] ?? 0)
  const date = /^(\d{4})[/-](\d{1,2})[/-](\d{1,2})(?: (\d{1,2}):(\d{2}))?$/.exec(text)
  if (date === null) return null
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = date.slice(1).map((part) => Number(part ?? 0))
  return jira.time.fromWallClock(Date.UTC(year, month - 1, day, hour, minute))
}

function missing(field: string, value: string): never {
  return refuse(`The value '${value}' does not exist for the field '${field}'.`)
}

function wrongOperator(clause: JqlClause): never {
  return refuse(`The operator '${clause.operator}' is not supported by the '${clause.field}' field.`)
}

function refuse(message: string): never {
  throw jiraError(400, message)
}
