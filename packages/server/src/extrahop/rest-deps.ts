import type { PooledDatabase } from '../database/client.ts'
import type { StreamTargetDeps } from '../streams/stream-targets.ts'
import type { TriggerDeps } from '../triggers/triggers.ts'

/** What the operations of the API work with. */
export interface RestDeps {
  readonly database: PooledDatabase
  readonly triggers: TriggerDeps
  /** The firmware that the server claims to be: clients look at it to know what they may ask. */
  readonly extrahopVersion: string
  readonly now: () => Date
  /** What the work on targets of open data streams needs. */
  readonly streams: StreamTargetDeps
}
