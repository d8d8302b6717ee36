import type { IncomingHttpHeaders } from 'node:http'
import type { FaultKind } from './fault-script.ts'

export interface LoggedRequest {
  readonly at: Date
  readonly method: string
  /** With the query. */
  readonly path: string
  /** Credentials are replaced by `[redacted]`. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** What was sent, `null` while there is no answer and when the connection was cut. */
  status: number | null
  fault: FaultKind | null
}

export interface RequestLog {
  /** Oldest first. */
  readonly entries: readonly LoggedRequest[]
  open(request: {
    at: Date
    method: string
    path: string
    headers: IncomingHttpHeaders
    body: string
  }): LoggedRequest
  clear(): void
}

const SECRET_HEADERS = new Set(['authorization', 'proxy-authorization', 'cookie', 'x-api-key', 'x-sn-apikey'])

/** Keeps the newest `capacity` requests, so that a demo may run for weeks. */
export function createRequestLog(capacity: number): RequestLog {
  const entries: LoggedRequest[] = []
  return {
    entries,
    open(request) {
      const entry: LoggedRequest = {
        at: request.at,
        method: request.method,
        path: request.path,
        headers: redacted(request.headers),
        body: request.body,
        status: null,
        fault: null,
      }
      entries.push(entry)
      if (entries.length > capacity) entries.splice(0, entries.length - capacity)
      return entry
    },
    clear() {
      entries.length = 0
    },
  }
}

function redacted(headers: IncomingHttpHeaders): Record<string, string> {
  const shown: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue
    shown[name] = SECRET_HEADERS.has(name) ? '[redacted]' : String(value)
  }
  return shown
}
