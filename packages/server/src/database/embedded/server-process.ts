import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseError } from '../database-error.ts'
import type { Account } from './account.ts'
import type { DatabaseLog } from '../database-log.ts'
import type { PostgresInstallation } from './installation.ts'
import { readPostmasterFile } from './postmaster-file.ts'
import { programEnvironment } from './run-program.ts'
import type { ServerSettings } from './server-settings.ts'
import { toServerArguments } from './server-settings.ts'
import { shutDown } from './shut-down.ts'
import { waitUntil } from './wait-until.ts'

/** A `postgres` that we started. */
export interface ServerProcess {
  readonly pid: number
  /** How it ended, for people; `null` while it runs. */
  ended(): string | null
  /** The last lines of its log. */
  lastLines(): string
  stop(fastMs: number): Promise<void>
}

const LAST_LINES = 20
const PROGRESS_EVERY_MS = 5_000

// Reads until its input ends, which it does when our process is gone, in whatever way that happened.
const GUARD = 'read -r word; [ "$word" = ended ] || kill -INT "$1"'

/** Starts a server. It runs, but may not accept connections yet: see {@link waitUntilReady}. */
export async function startServer(
  installation: PostgresInstallation,
  account: Account | null,
  clusterDirectory: string,
  settings: ServerSettings,
  log: DatabaseLog,
): Promise<ServerProcess> {
  const child = spawn(
    join(installation.binDirectory, 'postgres'),
    ['-D', clusterDirectory, ...toServerArguments(settings)],
    // Detached, because Ctrl-C signals all the terminal's processes: the database has to outlive what uses it.
    {
      ...identity(account),
      cwd: '/',
      env: programEnvironment(),
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  const pid = await started(child)
  const guard = startGuard(pid, account, log)
  child.unref()
  if (child.stderr instanceof Socket) child.stderr.unref()

  const lines: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line)
    if (lines.length > LAST_LINES) lines.shift()
    report(line, log)
  })
  let ended: string | null = null
  child.once('close', (exitCode, signal) => {
    ended = signal === null ? `exit code ${exitCode}` : `signal ${signal}`
    guard.stdin?.end('ended\n')
  })
  return {
    pid,
    ended: () => ended,
    lastLines: () => lines.join('\n'),
    stop: (fastMs) => shutDown(pid, () => ended !== null, fastMs),
  }
}

/**
 * Waits until the server accepts connections (`true`) or has ended (`false`). After a crash it first recovers, which
 * takes as long as there was to write.
 *
 * @throws DatabaseError `EMBEDDED_DATABASE_FAILED` when it is still not ready after `timeoutMs`
 */
export async function waitUntilReady(
  server: ServerProcess,
  clusterDirectory: string,
  timeoutMs: number,
  log: DatabaseLog,
): Promise<boolean> {
  const begun = performance.now()
  let reported = begun
  const settled = await waitUntil(async () => {
    if (server.ended() !== null) return true
    if (performance.now() - reported > PROGRESS_EVERY_MS) {
      reported = performance.now()
      const elapsedMs = Math.round(reported - begun)
      log.info({ elapsedMs, lastLines: server.lastLines() }, 'PostgreSQL is still starting')
    }
    const postmaster = await readPostmasterFile(clusterDirectory)
    return postmaster !== null && postmaster.pid === server.pid && postmaster.ready
  }, timeoutMs)
  if (settled) return server.ended() === null
  throw new DatabaseError(
    'EMBEDDED_DATABASE_FAILED',
    `PostgreSQL is not ready after ${timeoutMs} ms. Its last words:\n${server.lastLines()}`,
  )
}

function identity(account: Account | null): { uid?: number; gid?: number } {
  return account === null ? {} : { uid: account.uid, gid: account.gid }
}

function started(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('spawn', () => {
      if (child.pid === undefined) reject(new Error('A process that was spawned has no pid'))
      else resolve(child.pid)
    })
    child.once('error', reject)
  })
}

/** A shell that ends the server when our process is gone, killed or otherwise: no orphan stays behind. */
function startGuard(pid: number, account: Account | null, log: DatabaseLog): ChildProcess {
  const guard = spawn('/bin/sh', ['-c', GUARD, 'tripline-postgres-guard', String(pid)], {
    ...identity(account),
    cwd: '/',
    env: programEnvironment(),
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  guard.on('error', (error) =>
    log.warn({ err: error }, 'PostgreSQL runs unguarded: it may outlive this process'),
  )
  guard.stdin.on('error', (error) => log.debug({ err: error }, 'the guard of PostgreSQL is gone'))
  guard.unref()
  return guard
}

// Statements that fail are told to whoever sent them; here they are only of interest to somebody who looks closely.
function report(line: string, log: DatabaseLog): void {
  if (line.startsWith('PANIC:')) log.error({ postgres: line }, 'PostgreSQL panicked')
  else if (line.startsWith('WARNING:')) log.warn({ postgres: line }, 'PostgreSQL warns')
  else log.debug({ postgres: line }, 'PostgreSQL says')
}
