import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Log } from '../log.ts'

/** One request and the response to it. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  /** The named parts of the route's path, decoded. */
  readonly params: Readonly<Record<string, string>>
  /** Names the request in the log, the ledger and in errors. */
  readonly traceId: string
  readonly log: Log
}
