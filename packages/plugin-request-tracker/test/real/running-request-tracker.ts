import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { perlProgram, serverProgram, setprivProgram, setupProgram } from './installation.ts'
import { siteConfig } from './site-config.ts'

const tokensSchema = z.object({
  gateway: z.string(),
  onlooker: z.string(),
  withoutFields: z.string(),
  root: z.string(),
  /** Of the people that were asked for, by their names. */
  people: z.record(z.string(), z.string()),
})

/** A genuine Request Tracker of its own, on loopback, with everything in a directory of its own. */
export interface RunningRequestTracker {
  readonly url: string
  /** RT's SQLite database. */
  readonly databasePath: string
  readonly tokens: z.output<typeof tokensSchema>
  /** The cookie of an administrator who is logged in to the pages for people. */
  readonly session: string
  /** Adds a scrip with this code to a queue. */
  addScrip(queue: string, code: string): Promise<void>
  /** What the server has written to its log. */
  log(): string
  close(): Promise<void>
}

const ACCOUNT = 'www-data'
const START_MS = 60_000

/** @param people who else has an account there that may change and own tickets, with a token */
export async function startRequestTracker(people: readonly string[] = []): Promise<RunningRequestTracker> {
  const { uid, gid } = account()
  const directory = mkdtempSync(join(tmpdir(), 'tripline-rt-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const rootPassword = 'root-passw0rd'
  const own = (path: string): void => chownSync(path, uid, gid)
  const configPath = join(directory, 'RT_SiteConfig.pm')
  const logPath = join(directory, 'server.log')
  mkdirSync(join(directory, 'RT_SiteConfig.d'))
  writeFileSync(configPath, siteConfig(directory, port), { mode: 0o644 })
  writeFileSync(logPath, '')
  own(directory)
  const environment = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: directory,
    TMPDIR: directory,
    LANG: 'C.UTF-8',
    RT_SITE_CONFIG: configPath,
    RT_SITE_CONFIG_DIR: join(directory, 'RT_SiteConfig.d'),
    RT_TEST_ROOT_PASSWORD: rootPassword,
  }
  const perl = (args: readonly string[], input = ''): Promise<string> =>
    new Promise((resolve, reject) => {
      const child = execFile(
        perlProgram,
        args,
        { uid, gid, cwd: directory, env: environment, timeout: START_MS },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout)
          else reject(new Error(`perl ${args.join(' ')}: ${stderr.slice(-2_000)}`, { cause: error }))
        },
      )
      child.stdin?.end(input)
    })
  // The interpreter cannot enter a checkout that belongs to somebody else.
  const script = (name: string): Promise<string> => {
    const path = join(directory, name)
    writeFileSync(path, readFileSync(join(import.meta.dirname, name)), { mode: 0o644 })
    return Promise.resolve(path)
  }

  let server: ChildProcess | null = null
  const stop = async (): Promise<void> => {
    if (server !== null) await stopGroup(server)
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    await perl([setupProgram, '--action', 'init', '--dba', 'root', '--dba-password', 'none', '--skip-create'])
    const tokens = tokensSchema.parse(JSON.parse(await perl([await script('seed.pl'), ...people])))
    const log = openSync(logPath, 'a')
    // Told to end when this process does, however that comes about.
    server = spawn(
      setprivProgram,
      [
        `--reuid=${uid}`,
        `--regid=${gid}`,
        '--clear-groups',
        '--pdeathsig=TERM',
        perlProgram,
        serverProgram,
        '--server',
        'Starlet',
        '--host',
        '127.0.0.1',
        '--port',
        String(port),
        '--max-workers',
        '2',
        // A worker that is begun anew loads half of RT again.
        '--max-reqs-per-child',
        '1000000',
      ],
      { cwd: directory, env: environment, stdio: ['ignore', log, log], detached: true },
    )
    await answering(url, server, logPath)
    return {
      url,
      databasePath: join(directory, 'rt.sqlite'),
      tokens,
      session: await logIn(url, rootPassword),
      addScrip: async (queue, code) => void (await perl([await script('scrip.pl'), queue], code)),
      log: () => readFileSync(logPath, 'utf8'),
      close: stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function answering(url: string, server: ChildProcess, logPath: string): Promise<void> {
  const deadline = Date.now() + START_MS
  while (Date.now() < deadline) {
    if (server.exitCode !== null || server.signalCode !== null) break
    const status = await fetch(`${url}/REST/2.0/rt`).then(
      ({ status: given }) => given,
      () => null,
    )
    if (status === 401) return
    await sleep(50)
  }
  throw new Error(`Request Tracker does not answer: ${readFileSync(logPath, 'utf8').slice(-2_000)}`)
}

async function logIn(url: string, password: string): Promise<string> {
  const response = await fetch(`${url}/NoAuth/Login.html`, {
    method: 'POST',
    body: new URLSearchParams({ user: 'root', pass: password }),
    redirect: 'manual',
  })
  await response.arrayBuffer()
  const [cookie] = response.headers.getSetCookie()
  if (cookie === undefined) throw new Error(`Request Tracker lets nobody in: ${response.status}`)
  return cookie.replace(/;.*$/u, '')
}

/** Its workers are of its group. */
async function stopGroup(server: ChildProcess): Promise<void> {
  const { pid } = server
  if (pid === undefined) return
  const ended = server.exitCode === null && server.signalCode === null ? once(server, 'exit') : null
  signalGroup(pid, 'SIGTERM')
  const patience = setTimeout(() => signalGroup(pid, 'SIGKILL'), 3_000)
  await ended
  clearTimeout(patience)
  signalGroup(pid, 'SIGKILL')
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // Nothing of it is left.
  }
}

function account(): { readonly uid: number; readonly gid: number } {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${ACCOUNT}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  if (uid === undefined || gid === undefined) throw new Error(`There is no account ${ACCOUNT}`)
  return { uid: Number(uid), gid: Number(gid) }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
