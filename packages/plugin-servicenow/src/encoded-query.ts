/**
 * A condition of an encoded query. A circumflex divides conditions, and two of them are one in a value.
 *
 * @see https://www.servicenow.com/docs/r/platform-user-interface/c_EncodedQueryStrings.html
 */
export function condition(
  field: string,
  operator: '=' | '>' | '>=' | 'IN' | 'LIKE',
  value: string | readonly string[],
): string {
  const text = typeof value === 'string' ? value : value.join(',')
  return `${field}${operator}${text.replaceAll('^', '^^')}`
}

/** Conditions that all hold. */
export function allOf(...conditions: readonly string[]): string {
  return conditions.join('^')
}

/** Conditions of which one holds, as one of `allOf`: a disjunction binds more closely than what is around it. */
export function anyOf(...conditions: readonly string[]): string {
  return conditions.join('^OR')
}

/** The order of the rows, as the last part of a query. */
export function ordered(...fields: readonly string[]): string {
  return fields.map((field) => `ORDERBY${field}`).join('^')
}

/** Whether a value means itself: ServiceNow runs as a script what begins so, wherever it stands in a query. */
export function isLiteral(value: string): boolean {
  return !/^\s*javascript:/iu.test(value)
}

/** An instant as queries compare it: UTC, by the second. */
export function toInstant(at: Date): string {
  return at.toISOString().slice(0, 19).replace('T', ' ')
}

/** An instant as the API gives it, in UTC; `null` when it is none. */
export function fromInstant(value: string): Date | null {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/u.test(value)) return null
  const at = new Date(`${value.replace(' ', 'T')}Z`)
  return Number.isNaN(at.getTime()) ? null : at
}
