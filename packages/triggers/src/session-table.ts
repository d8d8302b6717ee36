import { z } from 'zod'
import type { JsonValue } from '@tripline/core'
import { ScriptError, wrongType } from './script-error.ts'
import { parsed } from './stream-arguments.ts'

/** What scripts keep between runs, in this process. */
export interface SessionTable {
  /** Does what the method of `Session` does. */
  apply(method: SessionMethod, key: string, value: JsonValue, options: JsonValue): JsonValue
}

const methods = ['lookup', 'remove', 'getOptions', 'add', 'replace', 'modify', 'increment'] as const
type SessionMethod = (typeof methods)[number]

/** @throws ScriptError */
export function sessionMethod(name: JsonValue): SessionMethod {
  const known = methods.find((method) => method === name)
  if (known === undefined) throw wrongType('Session has no such method.')
  return known
}

interface Entry {
  readonly value: JsonValue
  readonly options: SessionOptions
  readonly bytes: number
  /** In milliseconds since 1970; `null`: when there is no more room. */
  readonly expiresAt: number | null
}

const optionsSchema = z
  .object({
    /** In seconds. */
    expire: z.number().positive().nullish(),
    notify: z.boolean().nullish(),
    priority: z.int().min(0).max(2).nullish(),
  })
  .nullish()
  .transform((value) => ({
    expire: value?.expire ?? null,
    notify: value?.notify ?? false,
    priority: value?.priority ?? 1,
  }))

type SessionOptions = z.output<typeof optionsSchema>

const MAX_BYTES = 16 * 1024 * 1024
const MAX_ENTRY_BYTES = 64 * 1024

/** A table that all triggers share; when it is full, what has the least priority and is oldest goes first. */
export function createSessionTable(now: () => number): SessionTable {
  const entries = new Map<string, Entry>()
  let bytes = 0

  function drop(key: string): void {
    bytes -= entries.get(key)?.bytes ?? 0
    entries.delete(key)
  }

  function find(key: string): Entry | undefined {
    const entry = entries.get(key)
    if (entry?.expiresAt === null || entry === undefined || entry.expiresAt > now()) return entry
    drop(key)
    return undefined
  }

  function put(key: string, value: JsonValue, options: SessionOptions): JsonValue {
    const size = key.length + JSON.stringify(value).length
    if (size > MAX_ENTRY_BYTES)
      throw new ScriptError('RangeError', `An entry of Session may hold ${MAX_ENTRY_BYTES} bytes.`)
    drop(key)
    while (bytes + size > MAX_BYTES) drop(leastNeeded())
    bytes += size
    const expiresAt = options.expire === null ? null : now() + options.expire * 1_000
    entries.set(key, { value, options, bytes: size, expiresAt })
    return value
  }

  function leastNeeded(): string {
    for (const priority of [0, 1, 2]) {
      for (const [key, entry] of entries) if (entry.options.priority === priority) return key
    }
    throw new TypeError('An empty table has no least needed entry')
  }

  return {
    apply(method, key, value, given) {
      const entry = find(key)
      const before = entry?.value ?? null
      switch (method) {
        case 'lookup':
          return before
        case 'remove':
          drop(key)
          return before
        case 'getOptions':
          return entry?.options ?? null
        case 'add':
          return entry === undefined ? put(key, value, parsed(optionsSchema, given)) : before
        case 'replace':
          put(key, value, parsed(optionsSchema, given))
          return before
        case 'modify':
          if (entry !== undefined)
            put(key, value, given === null ? entry.options : parsed(optionsSchema, given))
          return before
        case 'increment': {
          if (entry === undefined) return null
          if (typeof before !== 'number' || typeof value !== 'number')
            throw wrongType('Session.increment needs numbers.')
          const { expiresAt } = entry
          put(key, before + value, entry.options)
          const kept = entries.get(key)
          // Counting does not make an entry live longer.
          if (kept !== undefined) entries.set(key, { ...kept, expiresAt })
          return before + value
        }
      }
    },
  }
}
