/** The JSON of a body; `null`: it is none. */
export function answerOf(answer: { readonly body: string } | null): unknown {
  try {
    return answer === null ? null : (JSON.parse(answer.body) as unknown)
  } catch {
    return null
  }
}

/** The id at a place in JSON; `null`: there is none that looks like one. */
export function idIn(json: unknown, pattern: RegExp, ...place: readonly string[]): string | null {
  let value = json
  for (const name of place) {
    if (typeof value !== 'object' || value === null) return null
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  return typeof value === 'string' && pattern.test(value) ? value : null
}
