/** How many different statements each connection keeps prepared. */
const MOST_PREPARED = 200
/** Among how many recent statements a second use is recognised. */
const MOST_REMEMBERED = 1_000

/** Gives statements that come again a name, under which a connection prepares them once. */
export interface StatementNames {
  /** The name; `undefined`: the statement is not to be prepared. */
  nameOf(text: string): string | undefined
  /** Drops a name whose prepared statement is of no use any more, as after a table was changed. */
  forget(text: string): void
}

/**
 * Names statements that are used a second time. Connections never forget a prepared statement, so there is a bound;
 * whatever comes after it is planned each time.
 */
export function createStatementNames(prefix: string): StatementNames {
  const names = new Map<string, string>()
  const seen = new Set<string>()
  let named = 0
  return {
    nameOf(text) {
      const name = names.get(text)
      if (name !== undefined) return name
      if (named >= MOST_PREPARED) return undefined
      if (!seen.has(text)) {
        if (seen.size >= MOST_REMEMBERED) seen.clear()
        seen.add(text)
        return undefined
      }
      seen.delete(text)
      named += 1
      const next = `${prefix}-${named}`
      names.set(text, next)
      return next
    },
    forget(text) {
      names.delete(text)
    },
  }
}
