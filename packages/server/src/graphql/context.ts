import type { IncomingHttpHeaders } from 'node:http'
import type { Principal } from '../access/principal.ts'
import type { PooledDatabase } from '../database/client.ts'
import type { DatabaseLog } from '../database/database-log.ts'
import type { EventFeed } from '../ledger/event-feed.ts'
import type { DetectionSourceDeps } from '../sources/detection-sources.ts'
import type { StreamTargetDeps } from '../streams/stream-targets.ts'
import type { Adapters, SecretBox, TicketingPlugins } from '../tracking/adapters.ts'
import type { TriggerWorkDeps } from '../triggers/trigger-work.ts'
import type { RowLoader } from './sql/row-loader.ts'

/** What the GraphQL API is made from. */
export interface GraphqlDeps {
  readonly database: PooledDatabase
  /** What subscriptions deliver; whoever started it closes it. */
  readonly feed: EventFeed
  /** Who makes a request, from its headers; `null`: nobody we know. Also asked again while a subscription runs. */
  readonly authenticate: (headers: Pick<IncomingHttpHeaders, 'authorization'>) => Promise<Principal | null>
  readonly plugins: TicketingPlugins
  readonly adapters: Adapters
  readonly secrets: SecretBox
  /** What managing and trying out triggers needs. */
  readonly triggers: TriggerWorkDeps
  /** What managing sources of detections needs. */
  readonly sources: DetectionSourceDeps
  /** What the work on targets of open data streams needs. */
  readonly streams: StreamTargetDeps
  /** Where people reach this server; `null`: not known. */
  readonly publicUrl: string | null
  readonly log: DatabaseLog
  /** GraphiQL is served only then. */
  readonly development: boolean
  /** Whether clients may read the schema. */
  readonly introspection: boolean
  /** The largest request body in bytes; default one megabyte. */
  readonly maxBodyBytes?: number
  /** How often it is looked whether those who subscribe still may; default 10 seconds. */
  readonly accessCheckMs?: number
}

/** What every resolver is given. */
export interface GraphqlContext {
  readonly deps: GraphqlDeps
  /** `null`: the request carries no valid credentials. */
  readonly principal: Principal | null
  /** Names this request in the ledger, the log and in masked errors. */
  readonly traceId: string
  readonly rows: RowLoader
  /** The headers it came with; a subscription is authenticated again with them while it runs. */
  readonly headers: IncomingHttpHeaders
}
