import type { StreamHttpClient, StreamTls } from '@tripline/core'
import { Agent } from 'undici'
import { collectAnswer } from './answer-collector.ts'
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
      if (method === 'CONNECT') throw new Error('A tunnel cannot be asked for.')
      return await collectAnswer(
        agent,
        { origin, path, method, headers, body },
        { wantsBody, maxBytes: MAX_ANSWER_BYTES, timeoutMs, signal },
      )
    },
    close: () => agent.destroy(),
  }
}
