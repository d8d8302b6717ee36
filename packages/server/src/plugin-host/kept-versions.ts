/** What is made of things that change, each kept until its thing is at another version. */
export interface KeptVersions<Value> {
  get(id: string, version: number, make: () => Value): Value
  close(): Promise<void>
}

/** Keeps the newest of each; one that is replaced, and all in the end, are closed. */
export function keepNewestVersions<Value>(close: (value: Value) => unknown): KeptVersions<Value> {
  const kept = new Map<string, { readonly version: number; readonly value: Value }>()
  return {
    get(id, version, make) {
      const known = kept.get(id)
      if (known?.version === version) return known.value
      const value = make()
      kept.set(id, { version, value })
      if (known !== undefined) void close(known.value)
      return value
    },
    async close() {
      await Promise.allSettled([...kept.values()].map(async ({ value }) => await close(value)))
      kept.clear()
    },
  }
}
