import { setTimeout as sleep } from 'node:timers/promises'
import { DomainError } from '@tripline/core'
import { createAdvisoryLocks } from '../database/advisory-locks.ts'
import type { PooledDatabase } from '../database/client.ts'
import type { Log } from '../log.ts'
import type { Adapters } from './adapters.ts'
import { findConnection } from './connection.ts'
import { getTrackingSettings } from './tracking-settings-store.ts'
import { watchConnection, type Watch } from './watch-connection.ts'
import { forgetWatch, listWatchable, type WatchableConnection } from './watch-standing.ts'

/** What listening takes. */
export interface WatchDeps {
  readonly database: PooledDatabase
  readonly adapters: Adapters
  readonly log: Log
  /** How often it is looked what is to be listened to; default one second. */
  readonly lookEveryMs?: number
}

/** Listens in this process until it is stopped. */
export interface Watches {
  stop(): Promise<void>
}

interface RunningWatch {
  readonly version: number
  readonly ended: AbortController
  readonly done: Promise<void>
}

const LOOK_EVERY_MS = 1_000
const AFTER_FAULT_MS = 10_000

/**
 * Listens to every ticketing system that tells of changes by itself. Any number of processes may do so on one database: a
 * connection is one process's at a time, by an advisory lock, which is free at once when that process dies. A watch ends
 * when its connection is changed, switched off, paused or deleted, or external tracking is; looking again begins it anew.
 */
export function startWatches(deps: WatchDeps): Watches {
  const { database, adapters, log } = deps
  const locks = createAdvisoryLocks(database.pool, 'tripline.watch')
  const stopping = new AbortController()
  const running = new Map<string, RunningWatch>()
  /** The version at which a connection has nothing to listen to. */
  const silent = new Map<string, number>()
  let looking: Promise<void> | null = null

  async function look(): Promise<void> {
    try {
      const { externalTracking } = await getTrackingSettings(database)
      const wanted = externalTracking ? await listWatchable(database) : []
      for (const [connectionId, { ended, version }] of running) {
        const stays = wanted.some((each) => each.connectionId === connectionId && each.version === version)
        if (!stays) ended.abort(new Error('The connection was changed.'))
      }
      if (stopping.signal.aborted) return
      for (const connection of wanted) start(connection)
    } catch (error) {
      if (!stopping.signal.aborted) log.warn({ err: error }, 'it cannot be seen what to listen to')
    }
  }

  function start(connection: WatchableConnection): void {
    const { connectionId, version } = connection
    if (!connection.mayBegin || running.has(connectionId) || silent.get(connectionId) === version) return
    const ended = new AbortController()
    const signal = AbortSignal.any([stopping.signal, ended.signal])
    const done = work(connection, signal)
      .catch(async (error: unknown) => {
        if (signal.aborted) return
        log.warn({ err: error, connectionId }, 'a ticketing system could not be listened to')
        await sleep(AFTER_FAULT_MS, undefined, { signal }).catch(() => undefined)
      })
      .finally(() => running.delete(connectionId))
    running.set(connectionId, { version, ended, done })
  }

  async function work(
    { connectionId, isKnown, version }: WatchableConnection,
    signal: AbortSignal,
  ): Promise<void> {
    const connection = await findConnection(database, connectionId)
    if (connection === null || connection.version !== version) return
    const watch = watchOf(connection)
    if (watch === null) return
    if (watch === undefined) {
      silent.set(connectionId, version)
      if (isKnown) await forgetWatch(database, connectionId)
      return
    }
    await using lock = await locks.tryLock(connectionId)
    if (lock === null || signal.aborted) return
    await watchConnection(database, connection, watch, AbortSignal.any([signal, lock.signal]))
  }

  /** `undefined`: it has none; `null`: that cannot be told, for a reason that polling pauses the connection for. */
  function watchOf(connection: Parameters<Adapters['adapterFor']>[0]): Watch | undefined | null {
    try {
      const adapter = adapters.adapterFor(connection)
      return adapter.watchTickets?.bind(adapter)
    } catch (error) {
      if (error instanceof DomainError) return null
      throw error
    }
  }

  function wake(): void {
    looking ??= look().finally(() => {
      looking = null
    })
  }

  const timer = setInterval(wake, deps.lookEveryMs ?? LOOK_EVERY_MS)
  wake()
  return {
    async stop() {
      stopping.abort(new Error('The process is stopping.'))
      clearInterval(timer)
      await looking
      await Promise.all([...running.values()].map(({ done }) => done))
      locks.close()
    },
  }
}
