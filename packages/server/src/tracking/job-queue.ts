import { setTimeout as sleep } from 'node:timers/promises'
import { Logger as WorkerLogger, run, type Runner, type TaskList } from 'graphile-worker'
import type { Pool, PoolClient } from 'pg'
import { createQueuePool, type PooledDatabase } from '../database/client.ts'
import type { Log } from '../log.ts'

/** What the queue works with. */
export interface JobQueueOptions {
  readonly database: PooledDatabase
  readonly tasks: TaskList
  readonly crontab: string
  /** How many jobs run at once. */
  readonly concurrency: number
  readonly log: Log
  /** Called before work begins, and before it begins again. */
  readonly prepare: () => Promise<void>
}

/** The queue at work. */
export interface JobQueue {
  /** Lets running jobs finish. */
  stop(): Promise<void>
}

const RESTART_AFTER_MS = 1_000
// Graphile Worker 0.18 waits forever for batches of results after two of them could not be stored.
const GIVE_UP_AFTER_MS = 5_000
const STOP_PATIENCE_MS = 15_000

/**
 * Works on jobs until it is stopped. Graphile Worker gives up for good when it cannot store that a job has ended, as
 * when PostgreSQL restarts at that moment; then it is started again.
 */
export async function startJobQueue(options: JobQueueOptions): Promise<JobQueue> {
  const { database, concurrency, log, prepare } = options
  const stopping = new AbortController()
  await prepare()
  // One listens.
  const pool = createQueuePool(database, concurrency + 1, log)
  let runner = await startRunner(options, pool)
  let recovery = Promise.resolve()

  function watch(watched: Runner): void {
    let hasEnded = false
    const ended = (error?: unknown): void => {
      if (stopping.signal.aborted || hasEnded) return
      hasEnded = true
      log.error({ err: error }, 'the work on jobs ended by itself; it is started again')
      recovery = recover()
    }
    watched.promise.then(() => ended(), ended)
    watched.events.once('pool:fatalError', ({ error }) => {
      setTimeout(() => ended(error), GIVE_UP_AFTER_MS).unref()
    })
  }

  async function recover(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await sleep(RESTART_AFTER_MS, undefined, { signal: stopping.signal })
        await prepare()
        runner = await startRunner(options, pool)
        watch(runner)
        return
      } catch (error) {
        if (!stopping.signal.aborted) log.warn({ err: error }, 'the work on jobs cannot be started yet')
      }
    }
  }

  watch(runner)
  return {
    async stop() {
      stopping.abort()
      await recovery
      const stopped = runner
        .stop()
        .catch((error: unknown) => log.warn({ err: error }, 'the work on jobs did not end well'))
      const impatient = new AbortController()
      await Promise.race([
        stopped,
        sleep(STOP_PATIENCE_MS, undefined, { signal: impatient.signal }).catch(() => undefined),
      ])
      impatient.abort()
      if (!pool.ending) await pool.end()
    },
  }
}

async function startRunner(
  { tasks, crontab, concurrency, log }: JobQueueOptions,
  pool: Pool,
): Promise<Runner> {
  return await run({
    pgPool: withSingleRelease(pool),
    taskList: tasks,
    crontab,
    concurrency,
    noHandleSignals: true,
    // In batches, completions are waited for when the runner stops; one by one, they are not.
    // No local queue: it saves a tenth of the work on a link, and in 0.18 ends the process when the database is lost.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    logger: workerLogger(log),
  })
}

type Connected = Parameters<Parameters<Pool['connect']>[0]>

/**
 * The same pool, whose connections may be released twice: Graphile Worker does when the connection it listens on is lost
 * while it gives up, and pg's error about it would end the process, because nobody handles it there.
 */
function withSingleRelease(pool: Pool): Pool {
  const connect = (callback?: (...connected: Connected) => void): Promise<PoolClient> | void => {
    if (callback === undefined) return pool.connect()
    pool.connect((error, client, release) => {
      let released = false
      callback(error, client, (destroy) => {
        if (released) return
        released = true
        release(destroy)
      })
    })
  }
  return new Proxy(pool, {
    get(target, name) {
      if (name === 'connect') return connect
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

function workerLogger(log: Log): WorkerLogger {
  return new WorkerLogger(() => (level, message, meta) => {
    // A job that fails is reported by the queue at level error; the rest is its own housekeeping.
    if (level === 'error') log.error({ ...meta }, message)
    else if (level === 'warning') log.warn({ ...meta }, message)
    else log.trace({ ...meta }, message)
  })
}
