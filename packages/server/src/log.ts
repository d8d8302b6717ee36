import { pino, type DestinationStream, type Logger } from 'pino'
import pretty from 'pino-pretty'
import type { Config } from './config.ts'

/** Where the server reports what it does. */
export type Log = Logger

const SECRET_FIELDS = [
  'authorization',
  'Authorization',
  'apiKey',
  'apikey',
  'api_key',
  'apiToken',
  'accessToken',
  'clientSecret',
  'cookie',
  'password',
  'passphrase',
  'personalAccessToken',
  'secret',
  'secrets',
  'secretKey',
  'token',
  'webhookToken',
  'webhook_token',
  'connectionString',
]
// Redaction looks at fixed depths; nothing is logged nested deeper.
const PLACES = ['', '*.', '*.*.', '*.*.*.']

/**
 * Makes the log: JSON lines, or lines for people, on standard error, so that standard output holds only what a command
 * was asked for.
 */
export function createLog(
  config: Pick<Config, 'logLevel' | 'logFormat'>,
  destination: DestinationStream = process.stderr,
): Log {
  const options = {
    level: config.logLevel,
    base: null,
    redact: {
      paths: PLACES.flatMap((place) => SECRET_FIELDS.map((field) => `${place}${field}`)),
      censor: '[redacted]',
    },
    // The job queue reports its errors under the other name.
    serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  if (config.logFormat === 'json') return pino(options, destination)
  return pino(options, pretty({ destination, ignore: 'time', colorize: process.stderr.isTTY, sync: true }))
}
