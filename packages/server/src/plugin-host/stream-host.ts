import type { StreamHost } from '@tripline/core'
import type { Log } from '../log.ts'
import { openDatagrams } from './outbound-datagrams.ts'
import { createOutboundGuard, type OutboundPolicy } from './outbound-guard.ts'
import { openOutboundHttp } from './outbound-http.ts'
import { connectOutbound } from './outbound-socket.ts'

/** Makes what stream plugins see of the world: every connection passes the guard. */
export function createStreamHost(policy: OutboundPolicy, log: Log): StreamHost {
  const guard = createOutboundGuard(policy)
  return {
    openHttp: (options) => openOutboundHttp(guard, options),
    connect: (destination) => connectOutbound(guard, destination),
    openDatagrams: (destination) => openDatagrams(guard, destination),
    lookup: guard.lookup,
    resolve: async (host) => (await guard.resolve(host)).address,
    now: () => new Date(),
    log: (level, message, details = {}) => log[level](details, message),
  }
}
