/** A JSON object of which nothing is known. */
export type Fields = Readonly<Record<string, unknown>>

/** The value as an object; of anything else, one without members. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

/**
 * The members of a list as objects, in their places; a single object counts as a list of one. What is no object is one
 * without members.
 */
export function listOf(value: unknown): readonly Fields[] {
  if (Array.isArray(value)) return value.map(fieldsOf)
  return typeof value === 'object' && value !== null ? [fieldsOf(value)] : []
}

/** The value as text that says something; numbers are written in digits. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value : null
}

/** The value as a finite number; digits in a string count. */
export function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}

/** The texts in a list; a single text counts as a list of one. */
export function textsOf(value: unknown): readonly string[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  return items.map(textOf).filter((text) => text !== null)
}
