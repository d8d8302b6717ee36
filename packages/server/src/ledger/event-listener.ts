import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import type { PooledDatabase } from '../database/client.ts'
import type { DatabaseLog } from '../database/database-log.ts'

/** What is announced: changes of the ledger, or messages for open data streams. */
export type Channel = 'tripline_events' | 'tripline_streams'

const FIRST_RETRY_MS = 50
const LONGEST_RETRY_MS = 5_000

/** A connection that hears when events are written. */
export interface EventListener {
  close(): Promise<void>
}

/**
 * Calls `onEvent` after every transaction that wrote events, and after each (re)connection, because what was announced
 * while there was none is lost. Connects again, for ever, when the connection is lost.
 */
export function listenForEvents(
  database: PooledDatabase,
  log: DatabaseLog,
  onEvent: () => void,
  channel: Channel = 'tripline_events',
): EventListener {
  const closing = new AbortController()
  const running = keepListening(database, log, onEvent, closing.signal, channel)
  return {
    async close() {
      closing.abort()
      await running
    },
  }
}

async function keepListening(
  database: PooledDatabase,
  log: DatabaseLog,
  onEvent: () => void,
  closing: AbortSignal,
  channel: Channel,
): Promise<void> {
  let retryMs = FIRST_RETRY_MS
  while (!closing.aborted) {
    try {
      await listenOnce(database, onEvent, closing, channel, () => {
        retryMs = FIRST_RETRY_MS
      })
    } catch (error) {
      if (closing.aborted) return
      log.warn({ err: error, retryMs }, 'the connection that listens for events was lost')
    }
    await sleep(retryMs, undefined, { signal: closing }).catch(() => undefined)
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)
  }
}

/** Listens until the connection is lost, which it throws, or until closing. */
async function listenOnce(
  database: PooledDatabase,
  onEvent: () => void,
  closing: AbortSignal,
  channel: Channel,
  onConnected: () => void,
): Promise<void> {
  const { connectionString } = database.pool.options
  if (connectionString === undefined) throw new TypeError('A database to listen to needs a connection string')
  // Outside the pool: a listening connection is held for ever, and a pool may close idle ones.
  const client = new Client({ connectionString, application_name: 'tripline-events', keepAlive: true })
  const ended = Promise.withResolvers<undefined>()
  ended.promise.catch(() => undefined)
  client.on('error', ended.reject)
  client.on('end', () => ended.reject(new Error('the connection was closed by the server')))
  client.on('notification', onEvent)
  const stop = (): void => ended.resolve(undefined)
  closing.addEventListener('abort', stop)
  try {
    await Promise.race([client.connect(), ended.promise])
    if (closing.aborted) return
    await client.query(`listen ${channel}`)
    onConnected()
    onEvent()
    await ended.promise
  } finally {
    closing.removeEventListener('abort', stop)
    client.removeListener('notification', onEvent)
    await client.end().catch(() => undefined)
  }
}
