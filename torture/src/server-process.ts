import { spawn, type ChildProcess } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../packages/server/src/main.ts', import.meta.url))
// Whose configuration file names the plugins.
const directory = fileURLToPath(new URL('..', import.meta.url))
const mutate = new URL('mutate.ts', import.meta.url).href
const READY = /is ready at http:\/\/[^:]+:(\d+)/u
const LAST_LINES = 400
const LOGGED_ERROR = /^\{"level":"error",(?:.*?"message":"(?<error>[^"]*)")?.*"msg":"(?<message>[^"]*)"/u

/** How servers are to run. */
export interface ServerOptions {
  readonly databaseUrl: string
  readonly adminApiKey: string
  readonly secretKey: string
  readonly pollIntervalMs: number
  readonly workers: number
  /** The mutation of the source that it runs with; `null`: none. */
  readonly mutant: string | null
}

/** A `tripline serve` of its own, which keeps its port over all its lives. */
export class ServerProcess {
  readonly name: string
  readonly #options: ServerOptions
  readonly #lines: string[] = []
  #port = 0
  #child: ChildProcess | null = null
  #ready = false
  #killed = false
  /** Errors that it logged, and how often each. */
  readonly errors = new Map<string, number>()
  /** How it ended without having been told to, each time. */
  readonly selfEnded: string[] = []

  constructor(name: string, options: ServerOptions) {
    process.once('exit', () => this.#child?.kill('SIGKILL'))
    this.name = name
    this.#options = options
  }

  /** `null` while it does not answer. */
  get url(): string | null {
    return this.#ready ? `http://127.0.0.1:${this.#port}` : null
  }

  get hasEndedItself(): boolean {
    return this.#child === null && !this.#killed
  }

  get isRunning(): boolean {
    return this.#child !== null
  }

  /** What it said last. */
  lastLines(): readonly string[] {
    return this.#lines
  }

  /** Resolves when it is ready, or has ended before; look at {@link url}. */
  async start(): Promise<void> {
    const { mutant } = this.#options
    const hooks = mutant === null ? [] : ['--import', mutate]
    const child = spawn(process.execPath, [...hooks, program, 'serve'], {
      cwd: directory,
      env: this.#environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    this.#killed = false
    await new Promise<void>((resolve) => {
      const read = (part: string): void => {
        const lines = part.split('\n').filter((line) => line !== '')
        for (const line of lines) this.#countError(line)
        this.#lines.push(...lines)
        this.#lines.splice(0, this.#lines.length - LAST_LINES)
        const port = READY.exec(part)?.[1]
        if (port === undefined || this.#child !== child) return
        this.#port = Number(port)
        this.#ready = true
        resolve()
      }
      child.stdout.setEncoding('utf8').on('data', read)
      child.stderr.setEncoding('utf8').on('data', read)
      child.once('close', (code, signal) => {
        // A server that does not find its database when it starts ends; whoever started it starts it again.
        if (!this.#killed && this.#ready) {
          const words = this.#lines.slice(-12).join('\n')
          this.selfEnded.push(`${this.name} ended by itself: ${signal ?? `exit code ${code}`}\n${words}`)
        }
        if (this.#child === child) {
          this.#child = null
          this.#ready = false
        }
        resolve()
      })
    })
  }

  /** Ends it as a crash of the machine would. */
  async kill(): Promise<void> {
    this.#killed = true
    this.#ready = false
    const child = this.#child
    if (child === null) return
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
    child.kill('SIGKILL')
    await ended
  }

  #countError(line: string): void {
    const { message, error } = LOGGED_ERROR.exec(line)?.groups ?? {}
    if (message === undefined) return
    const what = `${message.slice(0, 120)}${error === undefined ? '' : ` (${error.slice(0, 120)})`}`
    this.errors.set(what, (this.errors.get(what) ?? 0) + 1)
  }

  #environment(): Record<string, string> {
    const options = this.#options
    const { NODE_COMPILE_CACHE } = process.env
    return {
      ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }),
      PATH: process.env['PATH'] ?? '',
      HOME: tmpdir(),
      PORT: String(this.#port),
      DATABASE_URL: options.databaseUrl,
      TRIPLINE_ADMIN_API_KEY: options.adminApiKey,
      TRIPLINE_SECRET_KEY: options.secretKey,
      TRIPLINE_OUTBOUND_ALLOW: '127.0.0.1',
      TRIPLINE_POLL_INTERVAL_MS: String(options.pollIntervalMs),
      TRIPLINE_CALL_TIMEOUT_MS: '8000',
      TRIPLINE_WORKERS: String(options.workers),
      LOG_LEVEL: 'warn',
      ...(options.mutant === null ? {} : { TORTURE_MUTANT: options.mutant }),
    }
  }
}
