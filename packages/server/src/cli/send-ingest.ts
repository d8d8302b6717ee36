import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import type { IngestSummary } from '../http/ingest-summary.ts'
import { CommandFailure } from './command-context.ts'
import { exitCodes } from './exit-codes.ts'

/** An input on its way to a server. */
export interface IngestRequest {
  readonly url: URL
  readonly apiKey: string
  readonly input: Readable
  readonly onBytes: (count: number) => void
}

/** What the server said. */
export interface IngestAnswer {
  /** `null`: it refused the request as a whole. */
  readonly summary: IngestSummary | null
  /** Whether the whole input was dealt with. */
  readonly whole: boolean
  /** Why not, for people. */
  readonly message: string
}

const count = z.number().int().min(0)
const answerSchema = z.object({
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  received: count.optional(),
  created: count.default(0),
  updated: count.default(0),
  unchanged: count.default(0),
  stale: count.default(0),
  rejected: count.default(0),
  errors: z
    .array(
      z.object({
        index: count,
        line: count,
        code: z.string(),
        message: z.string(),
        issues: z.array(z.object({ path: z.string(), message: z.string() })),
      }),
    )
    .default([]),
  errorsOmitted: count.default(0),
})

/**
 * Streams an input to a server's ingest; memory does not grow with its length.
 *
 * @throws CommandFailure when the server cannot be reached or does not answer as one
 */
export async function sendIngest({ url, apiKey, input, onBytes }: IngestRequest): Promise<IngestAnswer> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  const request = send(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/octet-stream' },
  })
  const responded = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve)
    request.once('error', reject)
  })
  const sent = pipeline(input, counted(onBytes), request)
  // A server that refuses answers before it has read everything: then the answer counts, not the broken pipe.
  sent.catch(() => undefined)
  let response: IncomingMessage
  try {
    response = await responded
  } catch (error) {
    await sent.catch(() => undefined)
    if (input.errored !== null && input.errored !== error) {
      throw new CommandFailure(exitCodes.failed, `The input cannot be read: ${input.errored.message}`, {
        cause: error,
      })
    }
    throw unreachable(url, error)
  }
  const text = await textOf(response).catch((error: unknown) => {
    throw unreachable(url, error)
  })
  request.destroy()
  return parseAnswer(text, response.statusCode ?? 0, url)
}

function counted(onBytes: (count: number) => void) {
  return async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      onBytes(chunk.length)
      yield chunk
    }
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8')
  let text = ''
  for await (const part of response) text += part as string
  return text
}

function parseAnswer(text: string, status: number, url: URL): IngestAnswer {
  const result = answerSchema.safeParse(parseJson(text))
  if (!result.success) {
    throw new CommandFailure(
      exitCodes.failed,
      `${url.origin} answered with status ${status}, and not as Tripline does.`,
    )
  }
  const { error, received, ...counts } = result.data
  const message = error === undefined ? '' : `${url.origin}: ${error.message} (${error.code})`
  if (received === undefined) return { summary: null, whole: false, message }
  // All rejected: every record was looked at nevertheless.
  const whole = status === 200 || error?.code === 'ALL_REJECTED'
  return { summary: { received, ...counts }, whole, message }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function unreachable(url: URL, error: unknown): CommandFailure {
  const reason =
    error instanceof Error ? ('code' in error ? String(error.code) : error.message) : String(error)
  return new CommandFailure(
    exitCodes.failed,
    `${url.origin} cannot be reached (${reason}). Is the server running? It is started with: tripline serve`,
    { cause: error },
  )
}
