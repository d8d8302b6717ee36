import type { JsonValue } from '@tripline/core'

/** What `cache()` keeps, in this process. */
export interface ValueCache {
  find(key: string): { readonly value: JsonValue } | null
  keep(key: string, value: JsonValue): void
}

const MAX_CHARACTERS = 4 * 1024 * 1024

/** A cache of JSON; when it is full, what was kept first goes first. */
export function createValueCache(): ValueCache {
  const texts = new Map<string, string>()
  let size = 0
  const drop = (key: string): void => {
    size -= key.length + (texts.get(key)?.length ?? -key.length)
    texts.delete(key)
  }
  return {
    find(key) {
      const text = texts.get(key)
      return text === undefined ? null : { value: JSON.parse(text) as JsonValue }
    },
    keep(key, value) {
      const text = JSON.stringify(value)
      const added = key.length + text.length
      if (added > MAX_CHARACTERS) return
      if (texts.has(key)) drop(key)
      for (const oldest of texts.keys()) {
        if (size + added <= MAX_CHARACTERS) break
        drop(oldest)
      }
      texts.set(key, text)
      size += added
    },
  }
}
