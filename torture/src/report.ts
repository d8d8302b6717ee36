import type { TortureResult } from './run-torture.ts'

const SHOWN_VIOLATIONS = 10

/** Whether everything held. */
export function isClean({ findings }: TortureResult): boolean {
  return findings.every(({ violations }) => violations.length === 0)
}

/** The result for people. */
export function reportLines(result: TortureResult): readonly string[] {
  const kinds = Object.entries(result.faults).toSorted(([, left], [, right]) => right - left)
  const seconds = Math.round(result.tortureMs / 1_000)
  return [
    '',
    `seed ${result.seed}: ${result.faultTotal} faults in ${seconds} s`,
    ...kinds.map(([kind, times]) => `  ${kind.padEnd(28)} ${String(times).padStart(7)}`),
    '',
    ...Object.entries(result.figures).map(
      ([name, value]) => `  ${name.padEnd(32)} ${String(value).padStart(7)}`,
    ),
    `  ${'links asked for by hand at rest'.padEnd(32)} ${String(result.rest.pushed).padStart(7)}`,
    `  ${'links given up, tried again'.padEnd(32)} ${String(result.rest.givenUp).padStart(7)}`,
    ...summed(result.errors).map(([message, times]) => `    ${times} x ${message}`),
    '',
    ...result.findings.map(
      ({ name, checked, of, violations, excused }) =>
        `${violations.length === 0 ? 'ok    ' : 'BROKEN'} ${name} (${checked} ${of}${violations.length === 0 ? '' : `; ${violations.length} violations`}${excused === undefined || excused.count === 0 ? '' : `; ${excused.count} excused: ${excused.reason}`})`,
    ),
    ...result.findings.flatMap(({ name, violations }) =>
      violations.slice(0, SHOWN_VIOLATIONS).map(({ message }) => `  ${name}: ${message}`),
    ),
    ...result.stories,
    '',
    isClean(result) ? 'Everything held.' : `Broken. Again with the same draws: --seed ${result.seed}`,
  ]
}

const SHOWN_ERRORS = 15

/** The same words of several servers together, most frequent first. */
function summed(errors: TortureResult['errors']): readonly (readonly [string, number])[] {
  const sums = new Map<string, number>()
  for (const [message, times] of errors) {
    const key = message.replaceAll(/\d+|[0-9a-f]{8}-[0-9a-f-]{27}/gu, '#').slice(0, 200)
    sums.set(key, (sums.get(key) ?? 0) + times)
  }
  return [...sums].toSorted(([, left], [, right]) => right - left).slice(0, SHOWN_ERRORS)
}
