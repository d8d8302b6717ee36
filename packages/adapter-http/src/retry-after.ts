/** The longest wait that is taken from another system's answer: asking once an hour costs nobody anything. */
export const maxRetryAfterMs = 3_600_000

/**
 * Reads a `Retry-After` header: seconds or an HTTP date
 * ([RFC 9110, 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#name-retry-after)).
 *
 * @returns milliseconds from `now`, 0 to {@link maxRetryAfterMs}; `null` when absent or not understood
 */
export function parseRetryAfter(value: string | null, now: Date): number | null {
  const text = value?.trim() ?? ''
  if (/^\d+(\.\d+)?$/u.test(text)) return bounded(Number(text) * 1000)
  // Date.parse takes almost anything, "-5" and "1 hour" included; an HTTP date has this form.
  if (!/^[A-Z][a-z]{2,8}, .* \d\d:\d\d:\d\d GMT$/u.test(text)) return null
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : bounded(at - now.getTime())
}

function bounded(ms: number): number {
  return Math.min(Math.max(Math.ceil(ms), 0), maxRetryAfterMs)
}
