import type { IncomingMessage } from 'node:http'
import { HttpError } from './http-error.ts'

/** @throws HttpError 413 when a request says of itself that it is larger than allowed */
export function refuseDeclaredSize(request: IncomingMessage, maxBytes: number): void {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
}

/**
 * Reads a body whole.
 *
 * @throws HttpError 413 as soon as it is larger than allowed
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  refuseDeclaredSize(request, maxBytes)
  const body = await collectBody(request, maxBytes)
  if (body === null) throw tooLarge(maxBytes)
  return body
}

/**
 * Reads a body whole; `null`: it is larger than allowed. By its events: the stream's iterator costs as much as all else
 * that is done with a short one.
 */
export function collectBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const breakOff = (): void => reject(new Error('The request was not sent to its end.'))
    // Its end was told already, and would be waited for without end.
    if (request.destroyed) return breakOff()
    const chunks: Buffer[] = []
    let size = 0
    const take = (chunk: Buffer): void => {
      size += chunk.length
      if (size <= maxBytes) {
        chunks.push(chunk)
        return
      }
      // Not destroyed: the answer still goes out on its connection.
      request.off('data', take).pause()
      resolve(null)
    }
    request
      .on('data', take)
      .once('end', () => resolve(Buffer.concat(chunks)))
      .once('error', reject)
      .once('close', breakOff)
  })
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, 'BODY_TOO_LARGE', `The body of this request may have at most ${maxBytes} bytes.`)
}
