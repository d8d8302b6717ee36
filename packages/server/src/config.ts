import { resolve } from 'node:path'
import { z } from 'zod'
import { ConfigError } from './config-error.ts'
import { nearestName } from './nearest-name.ts'
import { parseDestination, type AllowedDestination } from './plugin-host/allowed-destination.ts'

export { ConfigError, type ConfigProblem } from './config-error.ts'

/** Everything an operator can set, parsed. */
export interface Config {
  /** 0: any free port. */
  readonly port: number
  readonly host: string
  /** `null`: an embedded PostgreSQL that keeps its data in {@link dataDir}. */
  readonly databaseUrl: string | null
  /** Absolute. */
  readonly dataDir: string
  readonly adminApiKey: string | null
  /** 32 bytes; `null`: none given. */
  readonly secretKey: Buffer | null
  /** Keys that secrets were sealed with before; they open, and do not seal. */
  readonly previousSecretKeys: readonly Buffer[]
  /** Below these directories `file:` references may point. */
  readonly secretDirs: readonly string[]
  /** Where people reach the server, without a slash at its end; `null`: nobody said, and tickets carry no link back. */
  readonly publicUrl: string | null
  readonly outboundAllow: readonly AllowedDestination[]
  /** Sample data, GraphiQL, introspection and the simulator's addresses: never on by default. */
  readonly development: boolean
  readonly introspection: boolean
  readonly logLevel: LogLevel
  readonly logFormat: LogFormat
  /** The largest body of a request that is not streamed. */
  readonly maxBodyBytes: number
  /** The largest ingest request, counted after decompression; `null`: unbounded. */
  readonly maxIngestBytes: number | null
  readonly maxRecordBytes: number
  /** How many jobs run at once. */
  readonly workers: number
  /** How often each ticketing system is asked what changed. */
  readonly pollIntervalMs: number
  /** How long one step of the work on a ticket may take, all of its requests together. */
  readonly callTimeoutMs: number
  /** Web origins whose pages may call the API. */
  readonly corsOrigins: readonly string[]
  readonly metricsPublic: boolean
  /** The firmware that clients of the ExtraHop-compatible API are told. */
  readonly extrahopVersion: string
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
/** The least serious kind of message that is logged. */
type LogLevel = (typeof logLevels)[number]
const logFormats = ['json', 'pretty'] as const
/** `json`: one object per line; `pretty`: for people. */
type LogFormat = (typeof logFormats)[number]

/** A variable: what would be right, in words, and the value of a text (`undefined`: it is not right). */
function variable<Value>(
  expected: string,
  read: (text: string) => Value | undefined,
  options: { readonly shown: boolean } = { shown: true },
): z.ZodType<Value | undefined, string | undefined> {
  return z
    .string()
    .optional()
    .transform((text, context) => {
      if (text === undefined || text.trim() === '') return undefined
      const value = read(text.trim())
      if (value !== undefined) return value
      const given = options.shown ? `${JSON.stringify(text)} is wrong` : 'the value is wrong'
      context.addIssue({ code: 'custom', message: `${given}; it has to be ${expected}.` })
      return z.NEVER
    })
}

const hidden = { shown: false }

function integer(least: number, most: number): (text: string) => number | undefined {
  return (text) => {
    const value = /^\d{1,15}$/u.test(text) ? Number(text) : NaN
    return value >= least && value <= most ? value : undefined
  }
}

function oneOf<Name extends string>(names: readonly Name[]): (text: string) => Name | undefined {
  return (text) => names.find((name) => name === text.toLowerCase())
}

function flag(text: string): boolean | undefined {
  if (['1', 'true', 'yes', 'on'].includes(text.toLowerCase())) return true
  return ['0', 'false', 'no', 'off'].includes(text.toLowerCase()) ? false : undefined
}

function secretKey(text: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/iu.test(text)) return Buffer.from(text, 'hex')
  const bytes = /^[A-Za-z0-9+/_-]{43}=?$/u.test(text) ? Buffer.from(text, 'base64') : null
  return bytes?.length === 32 ? bytes : undefined
}

function list<Value>(read: (text: string) => Value | undefined): (text: string) => Value[] | undefined {
  return (text) => {
    const parts = text.split(',').map((part) => part.trim())
    const values = parts.filter((part) => part !== '').map(read)
    const good = values.filter((value) => value !== undefined)
    return good.length === values.length ? good : undefined
  }
}

function databaseUrl(text: string): string | undefined {
  const url = URL.parse(text)
  return url !== null && /^postgres(ql)?:$/u.test(url.protocol) ? text : undefined
}

function publicUrl(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/u.test(url.protocol) || url.search !== '' || url.hash !== '')
    return undefined
  return url.username === '' && url.password === '' ? url.href.replace(/\/+$/u, '') : undefined
}

function origin(text: string): string | undefined {
  const url = URL.parse(text)
  return url !== null && /^https?:$/u.test(url.protocol) && url.origin === text.replace(/\/$/u, '')
    ? url.origin
    : undefined
}

const FLAG = 'true or false'
const MEBIBYTE = 1024 * 1024
const ONE_KEY = '32 random bytes as 64 hexadecimal digits or in base64 (openssl rand -hex 32)'

const environment = z.object({
  PORT: variable('a port from 1 to 65535, or 0 for any free one', integer(0, 65_535)),
  HOST: variable('an address or host name to listen on, for instance 127.0.0.1 or 0.0.0.0', (text) =>
    /^[A-Za-z0-9.:_-]+$/u.test(text) ? text : undefined,
  ),
  DATABASE_URL: variable('of the form postgres://user:password@host:5432/database', databaseUrl, hidden),
  TRIPLINE_DATA_DIR: variable('a directory', (text) => resolve(text)),
  TRIPLINE_ADMIN_API_KEY: variable(
    'at least 16 characters, visible ASCII only (openssl rand -hex 32)',
    (text) => (/^[\x21-\x7e]{16,500}$/u.test(text) ? text : undefined),
    hidden,
  ),
  TRIPLINE_SECRET_KEY: variable(ONE_KEY, secretKey, hidden),
  TRIPLINE_PREVIOUS_SECRET_KEYS: variable(
    `keys separated by commas, each ${ONE_KEY}`,
    list(secretKey),
    hidden,
  ),
  TRIPLINE_SECRET_DIRS: variable(
    'absolute directories separated by commas',
    list((text) => (text.startsWith('/') ? text : undefined)),
  ),
  TRIPLINE_PUBLIC_URL: variable('an http or https address such as https://tripline.example.com', publicUrl),
  TRIPLINE_OUTBOUND_ALLOW: variable(
    'host names, addresses or networks separated by commas, for instance jira.internal, *.corp.example, 10.1.0.0/16',
    list(parseDestination),
  ),
  TRIPLINE_DEVELOPMENT: variable(FLAG, flag),
  NODE_ENV: variable('a name such as production, development or test', (text) => text),
  TRIPLINE_INTROSPECTION: variable(FLAG, flag),
  LOG_LEVEL: variable(`one of ${logLevels.join(', ')}`, oneOf(logLevels)),
  LOG_FORMAT: variable(`one of ${logFormats.join(', ')}`, oneOf(logFormats)),
  TRIPLINE_MAX_BODY_BYTES: variable(
    'a number of bytes from 1024 to 1073741824',
    integer(1024, 1024 * MEBIBYTE),
  ),
  TRIPLINE_MAX_INGEST_BYTES: variable(
    'a number of bytes, at least 1024',
    integer(1024, Number.MAX_SAFE_INTEGER),
  ),
  TRIPLINE_MAX_RECORD_BYTES: variable(
    'a number of bytes from 1024 to 67108864',
    integer(1024, 64 * MEBIBYTE),
  ),
  TRIPLINE_WORKERS: variable('a number from 1 to 200', integer(1, 200)),
  TRIPLINE_POLL_INTERVAL_MS: variable(
    'a number of milliseconds from 100 to 86400000',
    integer(100, 86_400_000),
  ),
  TRIPLINE_CALL_TIMEOUT_MS: variable('a number of milliseconds from 100 to 600000', integer(100, 600_000)),
  TRIPLINE_CORS_ORIGINS: variable(
    'origins separated by commas, each like https://console.example.com',
    list(origin),
  ),
  TRIPLINE_METRICS_PUBLIC: variable(FLAG, flag),
  TRIPLINE_EXTRAHOP_VERSION: variable('a version such as 9.8.0', (text) =>
    /^[\w.+-]{1,50}$/u.test(text) ? text : undefined,
  ),
})

/** Read by the command line and the scripts instead of the server. */
const OTHER_VARIABLES = ['TRIPLINE_API_KEY', 'TRIPLINE_URL', 'TRIPLINE_JIRA_SPECS']

/** The names of the server's settings. */
const configVariables: readonly string[] = Object.keys(environment.shape)

/**
 * Reads the configuration from an environment. Empty variables count as absent.
 *
 * @throws ConfigError naming every problem
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const result = environment.safeParse(env)
  if (!result.success) {
    throw new ConfigError(
      result.error.issues.map(({ path, message }) => ({ variable: path.join('.'), message })),
    )
  }
  const given = result.data
  const development = given.TRIPLINE_DEVELOPMENT ?? given.NODE_ENV === 'development'
  const port = given.PORT ?? 4000
  return {
    port,
    host: given.HOST ?? '127.0.0.1',
    databaseUrl: given.DATABASE_URL ?? null,
    dataDir: given.TRIPLINE_DATA_DIR ?? resolve('.tripline'),
    adminApiKey: given.TRIPLINE_ADMIN_API_KEY ?? null,
    secretKey: given.TRIPLINE_SECRET_KEY ?? null,
    previousSecretKeys: given.TRIPLINE_PREVIOUS_SECRET_KEYS ?? [],
    secretDirs: given.TRIPLINE_SECRET_DIRS ?? ['/run/secrets', '/var/run/secrets'],
    publicUrl: given.TRIPLINE_PUBLIC_URL ?? (development && port !== 0 ? `http://localhost:${port}` : null),
    outboundAllow: given.TRIPLINE_OUTBOUND_ALLOW ?? [],
    development,
    introspection: given.TRIPLINE_INTROSPECTION ?? development,
    logLevel: given.LOG_LEVEL ?? 'info',
    logFormat: given.LOG_FORMAT ?? (development ? 'pretty' : 'json'),
    maxBodyBytes: given.TRIPLINE_MAX_BODY_BYTES ?? MEBIBYTE,
    maxIngestBytes: given.TRIPLINE_MAX_INGEST_BYTES ?? null,
    maxRecordBytes: given.TRIPLINE_MAX_RECORD_BYTES ?? MEBIBYTE,
    workers: given.TRIPLINE_WORKERS ?? 10,
    pollIntervalMs: given.TRIPLINE_POLL_INTERVAL_MS ?? 60_000,
    callTimeoutMs: given.TRIPLINE_CALL_TIMEOUT_MS ?? 30_000,
    corsOrigins: given.TRIPLINE_CORS_ORIGINS ?? [],
    metricsPublic: given.TRIPLINE_METRICS_PUBLIC ?? false,
    extrahopVersion: given.TRIPLINE_EXTRAHOP_VERSION ?? '9.8.0',
  }
}

/** A warning for every variable that looks like ours and is not, with the one that was probably meant. */
export function unknownVariables(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const known = [...configVariables, ...OTHER_VARIABLES]
  return Object.keys(env)
    .filter((name) => name.startsWith('TRIPLINE_') && !known.includes(name))
    .map((name) => {
      const nearest = nearestName(name, known)
      return `${name} is not a setting of Tripline${nearest === null ? '' : `; did you mean ${nearest}?`}`
    })
}
