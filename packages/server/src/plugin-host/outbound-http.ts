import type { StreamHttpAnswer, StreamHttpClient, StreamTls } from '@tripline/core'
import { Agent, type Dispatcher } from 'undici'
import { createGuardedConnector } from './guarded-connector.ts'
import type { OutboundGuard } from './outbound-guard.ts'

const KEEP_ALIVE_MS = 30_000
const MAX_ANSWER_BYTES = 1_048_576

/** Makes requests where the guard lets them go. Proxy variables of the environment are not obeyed. */
export function openOutboundHttp(
  guard: OutboundGuard,
  { tls, connections }: { readonly tls: StreamTls; readonly connections: number },
): StreamHttpClient {
  const agent = new Agent({
    connections,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: createGuardedConnector(guard, {
      rejectUnauthorized: tls.verify,
      ...(tls.ca === null ? {} : { ca: tls.ca }),
      ...(tls.cert === null ? {} : { cert: tls.cert }),
      ...(tls.key === null ? {} : { key: tls.key }),
    }),
  })
  return {
    async request({ origin, path, method, headers, body, wantsBody, timeoutMs, signal }) {
      const end = performance.now() + timeoutMs
      const answer = await agent.request({
        origin,
        path,
        method: method as Dispatcher.HttpMethod,
        headers,
        body,
        signal,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      })
      return {
        statusCode: answer.statusCode,
        headers: presentHeaders(answer.headers),
        body: wantsBody ? await readSome(answer.body, end) : await skip(answer.body),
      }
    },
    close: () => agent.destroy(),
  }
}

function presentHeaders(headers: Dispatcher.ResponseData['headers']): StreamHttpAnswer['headers'] {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string | string[]] => entry[1] !== undefined),
  )
}

/** Reads so much at most that the connection can be used again. */
async function skip(body: Dispatcher.ResponseData['body']): Promise<Uint8Array> {
  await body.dump({ limit: MAX_ANSWER_BYTES })
  return new Uint8Array()
}

/** Reads to the end, so that the connection can be used again, unless there is too much. */
async function readSome(body: AsyncIterable<Uint8Array>, end: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk.subarray(0, MAX_ANSWER_BYTES - size))
    size += chunk.length
    if (size >= MAX_ANSWER_BYTES) break
    // Between chunks there is a timeout too: this is for answers that trickle.
    if (performance.now() > end) throw Object.assign(new Error('No answer in time.'), { code: 'TIMEOUT' })
  }
  return Buffer.concat(chunks)
}
