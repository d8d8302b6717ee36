/** A search index that learns of a change only `lagMs` after it happened, as those of hosted ticketing systems do. */
export interface LaggingIndex<Value> {
  /** Hands in the state after a change; `null` when the thing is gone. The value must not be changed afterwards. */
  record(id: string, value: Value | null): void
  /** What a search finds now, in the order in which the things first appeared. */
  visible(): Value[]
  /** The newest state, lag or not, for reads that ask for it. */
  latest(id: string): Value | null
  clear(): void
}

interface Version<Value> {
  readonly at: number
  readonly value: Value | null
}

export function createLaggingIndex<Value>(options: {
  lagMs: () => number
  now: () => Date
}): LaggingIndex<Value> {
  const versions = new Map<string, Version<Value>[]>()

  function visibleVersion(id: string, list: Version<Value>[]): Version<Value> | undefined {
    const horizon = options.now().getTime() - options.lagMs()
    const index = list.findLastIndex((version) => version.at <= horizon)
    if (index < 0) return undefined
    if (index > 0) list.splice(0, index)
    const found = list[0]
    if (found?.value === null && list.length === 1) versions.delete(id)
    return found
  }

  return {
    record(id, value) {
      const list = versions.get(id) ?? []
      list.push({ at: options.now().getTime(), value })
      versions.set(id, list)
      visibleVersion(id, list)
    },
    visible() {
      const found: Value[] = []
      for (const [id, list] of versions) {
        const value = visibleVersion(id, list)?.value
        if (value !== undefined && value !== null) found.push(value)
      }
      return found
    },
    latest: (id) => versions.get(id)?.at(-1)?.value ?? null,
    clear: () => versions.clear(),
  }
}
