import type { StreamDatagrams, StreamDestination, StreamHost, StreamResult } from '@tripline/core'
import { reasonOf, unavailable } from './fault.ts'

/** Sends datagrams, each to the address that the name has when the socket is opened. */
export interface KeptDatagrams {
  send(bytes: Uint8Array, signal: AbortSignal): Promise<StreamResult>
  connect(signal: AbortSignal): Promise<void>
  close(): void
}

/** UDP carries no more over IPv4. */
const LARGEST_DATAGRAM = 65_507

/** Keeps a socket to a destination; after a fault the name is resolved again. */
export function keepDatagrams(
  host: StreamHost,
  destination: Omit<StreamDestination, 'tls' | 'signal'>,
): KeptDatagrams {
  let kept: StreamDatagrams | null = null
  const current = async (signal: AbortSignal): Promise<StreamDatagrams> => {
    kept ??= await host.openDatagrams({ ...destination, signal })
    return kept
  }
  const close = (): void => {
    kept?.close()
    kept = null
  }
  return {
    async send(bytes, signal) {
      if (bytes.length > LARGEST_DATAGRAM)
        return {
          outcome: 'refused',
          reason: `A datagram holds ${LARGEST_DATAGRAM} bytes, not ${bytes.length}.`,
        }
      try {
        await (await current(signal)).send(bytes)
        return { outcome: 'sent' }
      } catch (error) {
        close()
        if (error instanceof Error && 'code' in error && error.code === 'EMSGSIZE')
          return { outcome: 'refused', reason: reasonOf(error) }
        return unavailable(error)
      }
    },
    async connect(signal) {
      await current(signal)
    },
    close,
  }
}
