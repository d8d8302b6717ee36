import type { PooledDatabase } from '../database/client.ts'

/** What the operations of the API work with. */
export interface RestDeps {
  readonly database: PooledDatabase
  /** The firmware that the server claims to be: clients look at it to know what they may ask. */
  readonly extrahopVersion: string
  readonly now: () => Date
}
