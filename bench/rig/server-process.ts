import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { secretKey } from './gateway.ts'

/** The program, as one runs it. */
export const triplineProgram = fileURLToPath(
  new URL('../../packages/server/bin/tripline.mjs', import.meta.url),
)

/** The administrator's key of servers that benches start. */
export const adminApiKey = 'bench-administrator-key'

/** A process that says where it listens. */
export interface ListeningProcess extends AsyncDisposable {
  readonly pid: number
  readonly url: string
}

/** How a server is to run. */
export interface ServerProcessOptions {
  /** `null`: it runs a PostgreSQL of its own. */
  readonly databaseUrl: string | null
  readonly env?: Readonly<Record<string, string>>
  /** Options of Node.js. */
  readonly nodeOptions?: readonly string[]
}

const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 20_000

/** Starts `tripline serve` on a free port. */
export async function startServerProcess({
  databaseUrl,
  env = {},
  nodeOptions = [],
}: ServerProcessOptions): Promise<ListeningProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tripline-bench-'))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const running = await startListening([...nodeOptions, triplineProgram, 'serve'], {
    PORT: '0',
    LOG_LEVEL: 'warn',
    TRIPLINE_DATA_DIR: dataDir,
    TRIPLINE_ADMIN_API_KEY: adminApiKey,
    TRIPLINE_SECRET_KEY: secretKey,
    TRIPLINE_OUTBOUND_ALLOW: '127.0.0.1',
    ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }),
    ...env,
  })
  stack.use(running)
  const parts = stack.move()
  return { ...running, [Symbol.asyncDispose]: () => parts.disposeAsync() }
}

/** Starts the simulated Jira. */
export function startJiraProcess(): Promise<ListeningProcess> {
  const program = fileURLToPath(new URL('../../packages/plugin-jira/src/simulator/main.ts', import.meta.url))
  return startListening([program, '--port', '0', '--search-lag-ms', '0'], {})
}

/** Starts a program of Node.js and waits for the line in which it names its address. */
export async function startListening(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ListeningProcess> {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...inherited(), ...env },
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS)
  const address = firstAddress(child)
  const ended = once(child, 'exit').then(() => null)
  const url = await Promise.race([address, ended])
  clearTimeout(timer)
  if (url === null || child.pid === undefined) throw new Error(`${args.join(' ')} did not start.`)
  return { pid: child.pid, url, [Symbol.asyncDispose]: () => stop(child) }
}

/** Nothing of ours, so that a developer's settings do not change what is measured. */
function inherited(): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(TRIPLINE_|LOG_|PORT$|HOST$|DATABASE_URL$|NODE_OPTIONS$)/u.test(name),
    ),
  )
}

async function firstAddress(child: ChildProcess): Promise<string | null> {
  if (child.stdout === null) return null
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /https?:\/\/\S+/u.exec(line)?.[0]
    if (address === undefined) continue
    child.stdout.resume()
    return address
  }
  return null
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await exited
  clearTimeout(timer)
}
