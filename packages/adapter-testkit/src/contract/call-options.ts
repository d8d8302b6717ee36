import { inspect } from 'node:util'
import { type CallOptions, TicketingError } from '@tripline/core'

/** Options of a call that nobody ends. */
export function callOptions(signal: AbortSignal = new AbortController().signal): CallOptions {
  return { signal, traceId: '4bf92f3577b34da6a3ce929d0e0e4736' }
}

/** The error of a call that must fail; everything but a TicketingError without secrets is thrown on. */
export async function failureOf(call: Promise<unknown>, secrets: readonly string[]): Promise<TicketingError> {
  let answer: unknown
  try {
    answer = await call
  } catch (error) {
    if (!(error instanceof TicketingError)) {
      throw new Error(`An adapter must throw TicketingErrors only, and this is none: ${String(error)}`, {
        cause: error,
      })
    }
    const shown = inspect(error, { depth: 10, showHidden: true, maxStringLength: null })
    const leaked = secrets.find((secret) => shown.includes(secret))
    if (leaked !== undefined) throw new Error('An error shows a secret', { cause: error })
    return error
  }
  throw new Error(`The call should have failed, and answered ${inspect(answer, { depth: 3 })}`)
}
