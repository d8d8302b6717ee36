import { createSocket } from 'node:dgram'
import type { StreamDatagrams, StreamDestination } from '@tripline/core'
import type { OutboundGuard } from './outbound-guard.ts'

/** Opens a socket that sends datagrams to one address, where the guard lets them go. */
export async function openDatagrams(
  guard: OutboundGuard,
  { host, port, signal }: Omit<StreamDestination, 'tls'>,
): Promise<StreamDatagrams> {
  const { address, family } = await guard.resolve(host)
  signal.throwIfAborted()
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  let broken: Error | null = null
  socket.on('error', (error) => {
    broken = error
  })
  // Connected, a refusal by the receiver's machine is heard of.
  const connected = Promise.withResolvers<void>()
  socket.once('error', connected.reject)
  socket.connect(port, address, connected.resolve)
  await connected.promise
  socket.off('error', connected.reject)
  socket.unref()
  return {
    send: (bytes) =>
      new Promise((resolve, reject) => {
        if (broken !== null) reject(broken)
        else socket.send(bytes, (error) => (error === null ? resolve() : reject(error)))
      }),
    close: () => void socket.close(),
  }
}
