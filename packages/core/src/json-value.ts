import { z } from 'zod'

/** Any value that JSON can carry. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: JsonValue
}

const DEEPEST = 64

/** Parses any JSON value that is nested at most 64 levels deep: what walks through it must not exhaust the stack. */
export const jsonValueSchema: z.ZodType<JsonValue> = z
  .unknown()
  .refine((value) => isShallow(value, DEEPEST), `is nested more than ${DEEPEST} levels deep`)
  .pipe(z.json()) as z.ZodType<JsonValue>

/** Parses a JSON object with any members. */
export const jsonObjectSchema: z.ZodType<JsonObject> = z.record(z.string(), jsonValueSchema)

/**
 * The same object without what cannot be stored as `jsonb`: NUL, which PostgreSQL refuses, and lone surrogates, which
 * UTF-8 cannot carry.
 */
export function storableObject(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [storableText(key), storableValue(value)]),
  )
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((member) => isShallow(member, levels - 1))
}

function storableValue(value: JsonValue): JsonValue {
  if (typeof value === 'string') return storableText(value)
  if (typeof value !== 'object' || value === null) return value
  return isList(value) ? value.map(storableValue) : storableObject(value)
}

function isList(value: JsonObject | readonly JsonValue[]): value is readonly JsonValue[] {
  return Array.isArray(value)
}

function storableText(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed()
}
