/** An error with its causes, and the members of aggregates: one per address that was tried. */
export function* causesOf(error: unknown, depth = 0): Generator<Error> {
  if (!(error instanceof Error) || depth > 5) return
  yield error
  if (error instanceof AggregateError) for (const member of error.errors) yield* causesOf(member, depth + 1)
  yield* causesOf(error.cause, depth + 1)
}

/** The code by which Node.js names what failed; none where it names nothing. */
export function codeOf(error: Error): readonly string[] {
  return 'code' in error && typeof error.code === 'string' && /^[A-Z][A-Z0-9_]+$/u.test(error.code)
    ? [error.code]
    : []
}
