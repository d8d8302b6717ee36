import type { IncomingMessage } from 'node:http'
import type { Authenticate } from '../access/authenticate.ts'
import { toActor, type Principal } from '../access/principal.ts'
import type { Database } from '../database/client.ts'
import { ingestReports } from '../detections/ingest-detections.ts'
import { findFormat, formats, type DetectionFormat } from '../formats/format.ts'
import type { UnreadableRecord } from '../formats/unreadable-record.ts'
import { authorize } from './access-check.ts'
import { jsonAnswer, sendAnswer, type Answer } from './answer.ts'
import { describeError } from './error-answer.ts'
import type { Exchange } from './exchange.ts'
import { HttpError } from './http-error.ts'
import { ingestInput } from './ingest-input.ts'
import { IngestTally } from './ingest-summary.ts'
import type { Metrics } from './metrics.ts'
import type { Route } from './router.ts'

/** What ingest works with. */
export interface IngestDeps {
  readonly database: Database
  readonly authenticate: Authenticate
  readonly metrics: Metrics
  readonly maxRecordBytes: number
  /** `null`: unbounded. */
  readonly maxIngestBytes: number | null
}

// Recognised by their first bytes, whatever the header says.
const ENCODINGS = ['identity', 'gzip', 'x-gzip', 'zstd']

/**
 * `POST /ingest/:format?source=NAME`: a stream of records. Answered with what became of them:
 * 200 when the input was read to its end and something in it was good, or it was empty; 422 when nothing in it was good
 * or it could not be read to its end, 413 when it is too large, 503 when the database went away. All of them carry the
 * counts. Sending an input again is harmless.
 */
export function ingestRoute(deps: IngestDeps): Route {
  return {
    methods: ['POST'],
    path: '/ingest/:format',
    async handle(exchange) {
      const principal = await authorize(deps.authenticate, exchange, 'ingest')
      const format = requireFormat(exchange.params['format'] ?? '')
      const source = sourceName(exchange.url.searchParams.get('source') ?? format.name)
      refuseUnknownEncoding(exchange.request)
      await sendAnswer(exchange, await ingest(deps, exchange, principal, format, source))
    },
  }
}

async function ingest(
  deps: IngestDeps,
  exchange: Exchange,
  principal: Principal,
  format: DetectionFormat,
  source: string,
): Promise<Answer> {
  const { request, traceId, log } = exchange
  const tally = new IngestTally()
  const origin = { actor: toActor(principal), connectionId: null, traceId }
  const begun = performance.now()
  try {
    const fatal = await ingestInput({
      bytes: request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>,
      format,
      store: (reports) => ingestReports(deps.database, source, reports, origin),
      tally,
      limits: {
        maxRecordBytes: deps.maxRecordBytes,
        ...(deps.maxIngestBytes === null ? {} : { maxTotalBytes: deps.maxIngestBytes }),
      },
    })
    return outcome(tally, fatal, traceId)
  } catch (error) {
    const { status, headers, body } = describeError(error, traceId)
    if (status === 500 && !request.destroyed) log.error({ err: error }, 'ingest failed')
    return jsonAnswer(status, { error: body, ...tally.summary() }, headers)
  } finally {
    const { errors: _errors, errorsOmitted: _omitted, ...counts } = tally.summary()
    deps.metrics.countRecords(counts)
    const elapsedMs = Math.round(performance.now() - begun)
    log.info(
      { ...counts, format: format.name, source, elapsedMs, aborted: request.destroyed && !request.complete },
      'ingested',
    )
  }
}

function outcome(tally: IngestTally, fatal: UnreadableRecord | null, traceId: string): Answer {
  const summary = tally.summary()
  if (fatal !== null) {
    const isTooLarge = fatal.reason === 'too_large'
    const code = isTooLarge ? 'BODY_TOO_LARGE' : 'INPUT_INCOMPLETE'
    return jsonAnswer(isTooLarge ? 413 : 422, {
      error: { code, message: fatal.message, traceId },
      ...summary,
    })
  }
  if (summary.rejected > 0 && summary.rejected === summary.received) {
    const message = 'None of the records could be taken; "errors" says why.'
    return jsonAnswer(422, { error: { code: 'ALL_REJECTED', message, traceId }, ...summary })
  }
  return jsonAnswer(200, summary)
}

function requireFormat(name: string): DetectionFormat {
  const format = findFormat(name)
  if (format !== null) return format
  const names = formats.map((each) => each.name).join(', ')
  throw new HttpError(
    404,
    'UNKNOWN_FORMAT',
    `There is no format ${JSON.stringify(name)}; there are ${names}.`,
  )
}

function sourceName(given: string): string {
  const source = given.trim()
  if (/^\P{Cc}{1,200}$/u.test(source)) return source
  throw new HttpError(
    400,
    'INVALID_SOURCE',
    'The source has to be a name of 1 to 200 characters on one line.',
  )
}

function refuseUnknownEncoding(request: IncomingMessage): void {
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase()
  if (ENCODINGS.includes(encoding)) return
  const message = `The content encoding ${encoding} is not understood; there are ${ENCODINGS.join(', ')}.`
  throw new HttpError(415, 'UNSUPPORTED_ENCODING', message, { headers: { 'accept-encoding': 'gzip, zstd' } })
}
