import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

const { NODE_COMPILE_CACHE } = process.env
/** A third of the time that a command takes to start, when the checks keep what they compile. */
const compileCache: Record<string, string> = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }

/** A command at work. */
export interface TriplineProcess extends AsyncDisposable {
  readonly child: ChildProcess
  stdout(): string
  stderr(): string
  /** Resolves to what a pattern finds on standard output; rejects when the process ends before. */
  printed(pattern: RegExp): Promise<string>
  /** Resolves when the process has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>
}

/** Starts the command line as a process of its own, with nothing of our environment but what it needs. */
export function startTripline(
  args: readonly string[],
  env: Record<string, string> = {},
  input?: string | Buffer,
): TriplineProcess {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME: tmpdir(), ...compileCache, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => (stdout += part))
  child.stderr.setEncoding('utf8').on('data', (part: string) => (stderr += part))
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal })),
  )
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    printed(pattern) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(stdout)
          if (match !== null) resolve(match[1] ?? match[0])
        }
        child.stdout.on('data', look)
        look()
        void ended.then(({ code }) =>
          reject(new Error(`It ended with ${code} before that:\n${stdout}\n${stderr}`)),
        )
      })
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await ended
    },
  }
}

/** Runs a command to its end. */
export async function runTripline(
  args: readonly string[],
  env: Record<string, string> = {},
  input?: string | Buffer,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  await using tripline = startTripline(args, env, input)
  const { code } = await tripline.ended
  return { code, stdout: tripline.stdout(), stderr: tripline.stderr() }
}

/** A folder that is removed afterwards. */
export async function createFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'tripline-cli-'))
  return {
    path,
    // The PostgreSQL of a process that was killed may still be ending.
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }),
  }
}
