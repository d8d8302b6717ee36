import { buildConnector } from 'undici'
import type { OutboundGuard } from './outbound-guard.ts'

/** How TLS is spoken. */
export interface ConnectorTls {
  readonly rejectUnauthorized: boolean
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

const CONNECT_TIMEOUT_MS = 10_000

/** Makes connections for undici, where the guard lets them go. */
export function createGuardedConnector(guard: OutboundGuard, tls: ConnectorTls): buildConnector.connector {
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS, lookup: guard.lookup, ...tls })
  return (target, callback) => {
    try {
      guard.checkAddress(target.hostname)
    } catch (error) {
      callback(error as Error, null)
      return
    }
    connect(target, callback)
  }
}
