import { createConnection, isIP, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import type { StreamDestination } from '@tripline/core'
import type { OutboundGuard } from './outbound-guard.ts'

/** Opens a TCP connection, with TLS where that is wanted, to where the guard lets it go. */
export async function connectOutbound(
  guard: OutboundGuard,
  { host, port, tls, timeoutMs, signal }: StreamDestination,
): Promise<Socket> {
  signal.throwIfAborted()
  guard.checkAddress(host)
  const where = { host, port, lookup: guard.lookup }
  const socket =
    tls === null
      ? createConnection({ ...where, keepAlive: true, noDelay: true })
      : connectTls({ ...where, ...tlsOptions(tls, host) })
  const connected = Promise.withResolvers<void>()
  const stop = (): void => connected.reject(signal.reason)
  const timer = setTimeout(() => {
    connected.reject(Object.assign(new Error('No connection in time.'), { code: 'CONNECT_TIMEOUT' }))
  }, timeoutMs)
  socket.once(tls === null ? 'connect' : 'secureConnect', connected.resolve)
  socket.once('error', connected.reject)
  signal.addEventListener('abort', stop)
  try {
    await connected.promise
    return socket
  } catch (error) {
    // Without a listener, what destroying it still reports would end the process.
    socket.on('error', () => undefined)
    socket.destroy()
    throw error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    socket.off('error', connected.reject)
  }
}

function tlsOptions(tls: NonNullable<StreamDestination['tls']>, host: string): ConnectionOptions {
  return {
    rejectUnauthorized: tls.verify,
    // TLS names no addresses.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(tls.ca === null ? {} : { ca: tls.ca }),
    ...(tls.cert === null ? {} : { cert: tls.cert }),
    ...(tls.key === null ? {} : { key: tls.key }),
  }
}
