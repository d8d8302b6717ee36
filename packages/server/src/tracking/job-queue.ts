import { setTimeout as sleep } from 'node:timers/promises'
import { Logger as WorkerLogger, run, type Runner, type TaskList } from 'graphile-worker'
import type { Pool, PoolClient } from 'pg'
import type { Log } from '../log.ts'

/** What the queue works with. */
export interface JobQueueOptions {
  readonly pool: Pool
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

/**
 * Works on jobs until it is stopped. Graphile Worker gives up for good when it cannot store that a job has ended, as
 * when PostgreSQL restarts at that moment; then it is started again.
 */
export async function startJobQueue(options: JobQueueOptions): Promise<JobQueue> {
  const { log, prepare } = options
  const stopping = new AbortController()
  await prepare()
  let runner = await startRunner(options)
  let recovery = Promise.resolve()

  function watch(watched: Runner): void {
    const ended = (error: unknown): void => {
      if (stopping.signal.aborted) return
      log.error({ err: error }, 'the work on jobs ended by itself; it is started again')
      recovery = recover()
    }
    watched.promise.then(() => ended(undefined), ended)
  }

  async function recover(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await sleep(RESTART_AFTER_MS, undefined, { signal: stopping.signal })
        await prepare()
        runner = await startRunner(options)
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
      await runner
        .stop()
        .catch((error: unknown) => log.warn({ err: error }, 'the work on jobs did not end well'))
    },
  }
}

async function startRunner({ pool, tasks, crontab, concurrency, log }: JobQueueOptions): Promise<Runner> {
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
