import type { StreamHttpAnswer } from '@tripline/core'
import type { Dispatcher } from 'undici'

/** What an answer is collected for. */
export interface AnswerWish {
  /** Whether the body is of interest; if not, it is only read so that the connection can be used again. */
  readonly wantsBody: boolean
  readonly maxBytes: number
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/**
 * Makes one request and collects its answer. A stream for the body, which undici's own `request` makes, costs more than all
 * the rest where answers are as short as those of targets.
 */
export function collectAnswer(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  { wantsBody, maxBytes, timeoutMs, signal }: AnswerWish,
): Promise<StreamHttpAnswer> {
  return new Promise((resolve, reject) => {
    const end = performance.now() + timeoutMs
    const chunks: Uint8Array[] = []
    let size = 0
    let statusCode = 0
    let headers: StreamHttpAnswer['headers'] = {}
    let controller: Dispatcher.DispatchController | null = null
    const interrupt = (): void => controller?.abort(signal.reason as Error)
    const finish = (): void => {
      signal.removeEventListener('abort', interrupt)
      resolve({ statusCode, headers, body: wantsBody ? Buffer.concat(chunks) : new Uint8Array() })
    }

    signal.addEventListener('abort', interrupt)
    dispatcher.dispatch(
      { ...request, headersTimeout: timeoutMs, bodyTimeout: timeoutMs },
      {
        onRequestStart(started) {
          controller = started
          if (signal.aborted) interrupt()
        },
        onResponseStart(_controller, status, given) {
          statusCode = status
          // None of those that came is undefined: the type only says that not every name is there.
          headers = given as StreamHttpAnswer['headers']
        },
        onResponseData(answering, chunk) {
          if (wantsBody) chunks.push(chunk.subarray(0, maxBytes - size))
          size += chunk.length
          if (size >= maxBytes) {
            finish()
            answering.abort(new Error('The answer is too long to be read to its end.'))
          } else if (performance.now() > end) {
            // Between chunks there is a timeout too: this is for answers that trickle.
            answering.abort(Object.assign(new Error('No answer in time.'), { code: 'TIMEOUT' }))
          }
        },
        onResponseEnd: finish,
        onResponseError(_controller, error) {
          signal.removeEventListener('abort', interrupt)
          reject(error)
        },
      },
    )
  })
}
