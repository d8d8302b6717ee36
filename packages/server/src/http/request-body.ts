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
  const chunks: Buffer[] = []
  let size = 0
  // Leaving the loop must not destroy the request: the answer still goes out on its connection.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length
    if (size > maxBytes) throw tooLarge(maxBytes)
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, 'BODY_TOO_LARGE', `The body of this request may have at most ${maxBytes} bytes.`)
}
