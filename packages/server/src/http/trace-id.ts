import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/**
 * The request's `x-request-id` where it is well-formed, else a new one; put into the request's headers, so that
 * whoever looks there finds the same.
 */
export function assignTraceId(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  const traceId =
    typeof given === 'string' && /^[A-Za-z0-9._:/+=-]{1,128}$/u.test(given) ? given : randomUUID()
  request.headers['x-request-id'] = traceId
  return traceId
}
