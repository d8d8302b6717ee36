import type { Socket } from 'node:net'
import type { StreamDestination, StreamHost } from '@tripline/core'

/** A connection that is made when it is needed, kept, and made anew when it was lost. */
export interface KeptConnection {
  /** Resolves when the operating system has taken the bytes. */
  write(bytes: Uint8Array, signal: AbortSignal): Promise<void>
  connect(signal: AbortSignal): Promise<void>
  close(): void
}

/** Keeps a connection to a destination. */
export function keepConnection(
  host: StreamHost,
  destination: Omit<StreamDestination, 'signal'>,
): KeptConnection {
  let kept: Socket | null = null

  async function current(signal: AbortSignal): Promise<Socket> {
    if (kept !== null && kept.writable && !kept.readableEnded) return kept
    kept?.destroy()
    const socket = await host.connect({ ...destination, signal })
    kept = socket
    const forget = (): void => {
      if (kept === socket) kept = null
    }
    // A receiver that ends its side is gone: what is written afterwards would be lost without a word.
    socket.on('end', () => socket.destroy())
    socket.on('error', forget)
    socket.on('close', forget)
    // Nothing is expected, but unread bytes would hide that the other side has ended.
    socket.resume()
    return socket
  }

  return {
    async connect(signal) {
      await current(signal)
    },
    async write(bytes, signal) {
      const socket = await current(signal)
      const written = Promise.withResolvers<void>()
      const broken = (): void => written.reject(codedError('ECONNRESET'))
      const timer = setTimeout(() => socket.destroy(codedError('TIMEOUT')), destination.timeoutMs)
      const stop = (): void => void socket.destroy(codedError('ABORTED'))
      socket.once('close', broken)
      signal.addEventListener('abort', stop)
      try {
        socket.write(bytes, (error) => {
          if (error === null || error === undefined) written.resolve()
          else written.reject(error)
        })
        await written.promise
      } finally {
        clearTimeout(timer)
        signal.removeEventListener('abort', stop)
        socket.off('close', broken)
      }
    },
    close() {
      kept?.end()
      kept?.destroySoon()
      kept = null
    },
  }
}

function codedError(code: string): Error {
  return Object.assign(new Error(code), { code })
}
