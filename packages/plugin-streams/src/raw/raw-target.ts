import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { QueuedMessage, SendOptions, StreamHost, StreamResult, StreamSender } from '@tripline/core'
import { checkConnection } from '../check-connection.ts'
import { unavailable } from '../fault.ts'
import { holdBack } from '../hold-back.ts'
import { keepConnection } from '../kept-connection.ts'
import { keepDatagrams } from '../kept-datagrams.ts'
import { sendInOrder } from '../send-in-order.ts'
import type { RawSettings } from './settings.ts'

const compress = promisify(gzip)
const TIMEOUT_MS = 10_000

/** Opens a raw target. */
export function openRawTarget(settings: RawSettings, host: StreamHost): StreamSender {
  const destination = { host: settings.host, port: settings.port, timeoutMs: TIMEOUT_MS }
  const zipped = settings.compression === 'gzip'
  return settings.protocol === 'udp'
    ? openOverUdp(host, destination, zipped)
    : openOverTcp(settings, host, destination, zipped)
}

type Destination = { readonly host: string; readonly port: number; readonly timeoutMs: number }

function openOverTcp(
  settings: RawSettings,
  host: StreamHost,
  destination: Destination,
  zipped: boolean,
): StreamSender {
  const line = keepConnection(host, { ...destination, tls: null })
  const limits = { bytes: settings.gzip_threshold_bytes, ms: settings.gzip_threshold_seconds * 1_000 }

  async function send(
    messages: readonly QueuedMessage[],
    options: SendOptions,
  ): Promise<readonly StreamResult[]> {
    const payloads = messages.map(payloadOf)
    const data = Buffer.concat(payloads.filter((payload) => payload !== null))
    const held = zipped ? holdBack(messages, data.length, options, limits, host.now()) : null
    if (held !== null) return [held]
    try {
      if (data.length > 0) await line.write(zipped ? await compress(data) : data, options.signal)
      return payloads.map((payload) => (payload === null ? wrongKind : { outcome: 'sent' }))
    } catch (error) {
      return [options.signal.aborted ? { outcome: 'later', afterMs: 0 } : unavailable(error)]
    }
  }

  return {
    send,
    check: (signal) => checkConnection(destination, line, signal),
    close() {
      line.close()
      return Promise.resolve()
    },
  }
}

function openOverUdp(host: StreamHost, destination: Destination, zipped: boolean): StreamSender {
  const datagrams = keepDatagrams(host, destination)
  return {
    send: (messages, options) =>
      sendInOrder(messages, options, 1, async (queued, signal) => {
        const payload = payloadOf(queued)
        if (payload === null) return wrongKind
        return await datagrams.send(zipped ? await compress(payload) : payload, signal)
      }),
    check: (signal) => checkConnection(destination, datagrams, signal),
    close() {
      datagrams.close()
      return Promise.resolve()
    },
  }
}

function payloadOf({ message }: QueuedMessage): Buffer<ArrayBuffer> | null {
  return message.kind === 'raw' ? Buffer.from(message.payload, 'base64') : null
}

const wrongKind: StreamResult = { outcome: 'refused', reason: 'It is no message for a raw target.' }
