import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { InvalidArgumentError, type Command } from 'commander'
import type { IngestSummary } from '../http/ingest-summary.ts'
import { CommandFailure, print, remark, type CommandContext } from './command-context.ts'
import { exitCodes } from './exit-codes.ts'
import { Progress } from './progress.ts'
import { sendIngest } from './send-ingest.ts'

interface IngestOptions {
  readonly format: string
  readonly source?: string
  readonly url: URL
  readonly apiKey?: string
  readonly progress?: boolean
  readonly json?: boolean
}

/** `tripline ingest` */
export function addIngestCommand(
  program: Command,
  context: CommandContext,
  end: (code: number) => void,
): void {
  program
    .command('ingest <file>')
    .description('Send detections from a file, or from standard input (-), to a server.')
    .requiredOption('--format <name>', 'how they are written: tripline, extrahop or ocsf')
    .option('--source <name>', "where they come from; the format's name unless given")
    .option(
      '--url <address>',
      'the server (or TRIPLINE_URL)',
      parseAddress,
      parseAddress(context.env['TRIPLINE_URL'] || 'http://127.0.0.1:4000'),
    )
    .option(
      '--api-key <key>',
      'a key that may ingest; better in TRIPLINE_API_KEY, where other users cannot see it',
    )
    .option('--progress', 'show how it goes on standard error, even when that is no terminal')
    .option('--json', "print the server's answer as JSON")
    .addHelpText(
      'after',
      `
The file holds JSON objects, one after the other or in an array; gzip and Zstandard are recognised. Bad records are
listed and the good ones go in (exit code 3). Sending a file again changes nothing.

Examples:
  tripline ingest detections.ndjson.gz --format ocsf --source sensor-berlin
  curl -s https://sensor/api/v1/detections -H 'Authorization: ...' | tripline ingest - --format extrahop`,
    )
    .action(async (file: string, options: IngestOptions) => {
      end(await ingest(context, file, options))
    })
}

async function ingest(context: CommandContext, file: string, options: IngestOptions): Promise<number> {
  const apiKey = options.apiKey ?? context.env['TRIPLINE_API_KEY']
  if (apiKey === undefined || apiKey === '') {
    throw new CommandFailure(
      exitCodes.usage,
      'Set TRIPLINE_API_KEY to a key that may ingest, or give --api-key.',
    )
  }
  const input = await openInput(context, file)
  const progress = new Progress(input.bytes, options.progress ?? context.stderr.isTTY, context)
  const url = new URL(`${options.url.href.replace(/\/$/u, '')}/ingest/${encodeURIComponent(options.format)}`)
  if (options.source !== undefined) url.searchParams.set('source', options.source)
  const begun = performance.now()
  const answer = await sendIngest({
    url,
    apiKey,
    input: input.stream,
    onBytes: (count) => progress.add(count),
  }).finally(() => progress.end())
  if (answer.summary === null) throw new CommandFailure(exitCodes.failed, answer.message)
  if (options.json === true) print(context, JSON.stringify(answer.summary, null, 2))
  else show(context, answer.summary, (performance.now() - begun) / 1000)
  if (!answer.whole) throw new CommandFailure(exitCodes.failed, answer.message)
  return answer.summary.rejected > 0 ? exitCodes.rejected : exitCodes.done
}

async function openInput(
  context: CommandContext,
  file: string,
): Promise<{ readonly stream: Readable; readonly bytes: number | null }> {
  if (file === '-') return { stream: context.stdin, bytes: null }
  try {
    const { size } = await stat(file)
    const stream = createReadStream(file, { highWaterMark: 256 * 1024 })
    await new Promise<void>((resolve, reject) => {
      stream.once('open', () => resolve())
      stream.once('error', reject)
    })
    return { stream, bytes: size }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new CommandFailure(exitCodes.failed, `${file} cannot be read: ${message}`, { cause: error })
  }
}

function show(context: CommandContext, summary: IngestSummary, seconds: number): void {
  for (const { index, line, message } of summary.errors) {
    remark(context, `record ${index} (line ${line}): ${message}`)
  }
  if (summary.errorsOmitted > 0) remark(context, `and ${summary.errorsOmitted} more rejected records`)
  const { received, created, updated, unchanged, stale, rejected } = summary
  const rate = Math.round(received / Math.max(seconds, 0.001))
  print(
    context,
    `${received} received: ${created} created, ${updated} updated, ${unchanged} unchanged, ${stale} stale, ${rejected} rejected (${seconds.toFixed(1)} s, ${rate} records/s)`,
  )
}

function parseAddress(text: string): URL {
  const url = URL.parse(text)
  if (url !== null && /^https?:$/u.test(url.protocol)) return url
  throw new InvalidArgumentError('Give an address such as http://127.0.0.1:4000.')
}
