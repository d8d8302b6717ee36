import type { z } from 'zod'
import type { JsonObject, JsonValue } from './json-value.ts'
import { settingsJsonSchema } from './ticketing-plugin.ts'

/** Settings without their secrets, and the secrets by their paths, for instance `authentication.password`. */
export interface DividedSecrets {
  readonly settings: JsonObject
  readonly secrets: Readonly<Record<string, string>>
}

type Schema = Readonly<Record<string, unknown>>

/** Takes out of settings what their schema marks as secret, at any depth. */
export function divideSecrets(schema: z.ZodType, settings: JsonObject): DividedSecrets {
  const secretPaths = new Set(pathsOf(settingsJsonSchema(schema), []))
  const secrets: Record<string, string> = {}
  const strip = (value: JsonValue, path: readonly string[], pattern: readonly string[]): JsonValue => {
    if (typeof value !== 'object' || value === null) return value
    if (isList(value)) {
      return value.map((member, index) => strip(member, [...path, String(index)], [...pattern, '*']))
    }
    const kept: Record<string, JsonValue> = {}
    for (const [name, member] of Object.entries(value)) {
      if (!secretPaths.has([...pattern, name].join('.')))
        kept[name] = strip(member, [...path, name], [...pattern, name])
      else if (typeof member === 'string' && member !== '') secrets[[...path, name].join('.')] = member
    }
    return kept
  }
  return { settings: strip(settings, [], []) as JsonObject, secrets }
}

/**
 * Puts secrets back to where they were taken from. One whose place is gone, because the object or the element of a list
 * that held it is, is left out; one that is there already stays.
 */
export function joinSecrets(settings: JsonObject, secrets: Readonly<Record<string, string>>): JsonObject {
  const joined = structuredClone(settings)
  for (const [path, secret] of Object.entries(secrets)) {
    const names = path.split('.')
    const last = names.pop() ?? ''
    let place: unknown = joined
    for (const name of names) place = isObject(place) ? place[name] : undefined
    if (isObject(place) && !Object.hasOwn(place, last)) place[last] = secret
  }
  return joined
}

function pathsOf(schema: Schema, path: readonly string[]): string[] {
  if (schema['secret'] === true) return [path.join('.')]
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>)
  const choices = ['anyOf', 'oneOf', 'allOf'].flatMap((name) => (schema[name] ?? []) as readonly Schema[])
  const items = schema['items'] as Schema | undefined
  return [
    ...properties.flatMap(([name, property]) => pathsOf(property, [...path, name])),
    ...choices.flatMap((choice) => pathsOf(choice, path)),
    ...(items === undefined ? [] : pathsOf(items, [...path, '*'])),
  ]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isList(value: JsonObject | readonly JsonValue[]): value is readonly JsonValue[] {
  return Array.isArray(value)
}
