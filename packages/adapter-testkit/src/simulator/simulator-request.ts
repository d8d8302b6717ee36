import type { IncomingHttpHeaders } from 'node:http'

/** A request as a handler sees it. */
export interface SimulatorRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  /** From the route's pattern, percent-decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly headers: IncomingHttpHeaders
  /** As received, so that a signature can be checked over it. */
  readonly rawBody: Buffer
  readonly receivedAt: Date
}

/** The parameter that the route's pattern promises. */
export function param(request: SimulatorRequest, name: string): string {
  const value = request.params[name]
  if (value === undefined) throw new Error(`the route of ${request.path} has no parameter ${name}`)
  return value
}

/**
 * The flat fields of a body, whether a form or a JSON object. Decided by its first character and not by the content type, because
 * curl's -d calls JSON a form unless told otherwise.
 *
 * @throws SyntaxError when it looks like JSON and is not.
 */
export function bodyFields(request: SimulatorRequest): Record<string, string> {
  const text = request.rawBody.toString('utf8').trim()
  if (!text.startsWith('{')) return Object.fromEntries(new URLSearchParams(text))
  const fields: Record<string, string> = {}
  for (const [name, value] of Object.entries(JSON.parse(text) as Record<string, unknown>)) {
    if (typeof value === 'string' || typeof value === 'number') fields[name] = String(value)
  }
  return fields
}
