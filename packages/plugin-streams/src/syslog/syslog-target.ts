import type { QueuedMessage, SendOptions, StreamHost, StreamResult, StreamSender } from '@tripline/core'
import { tlsOf } from '../connection-settings.ts'
import { checkConnection } from '../check-connection.ts'
import { keepDatagrams } from '../kept-datagrams.ts'
import { unavailable } from '../fault.ts'
import { holdBack } from '../hold-back.ts'
import { keepConnection, type KeptConnection } from '../kept-connection.ts'
import { sendInOrder } from '../send-in-order.ts'
import { frame, toSyslogMessage } from './syslog-message.ts'
import type { SyslogSettings } from './settings.ts'

const TIMEOUT_MS = 10_000
const LONGEST_HOLD_MS = 5_000

/** Opens a syslog target. */
export function openSyslogTarget(settings: SyslogSettings, host: StreamHost): StreamSender {
  const { protocol } = settings
  const destination = { host: settings.host, port: settings.port, timeoutMs: TIMEOUT_MS }
  const write = ({ message, queuedAt }: QueuedMessage): Buffer | null =>
    message.kind === 'syslog' ? toSyslogMessage(message.severity, message.message, queuedAt, settings) : null
  if (protocol === 'udp') return openOverUdp(write, host, destination)

  const tls = protocol === 'tls' ? tlsOf(settings) : null
  const lines = Array.from({ length: settings.concurrent_connections }, () =>
    keepConnection(host, { ...destination, tls }),
  )
  return {
    async send(messages, options) {
      const frames = messages.map((queued) => {
        const message = write(queued)
        return message === null ? null : frame(message, settings.tcp_length_prefix_framing)
      })
      const bytes = frames.reduce((sum, each) => sum + (each?.length ?? 0), 0)
      const limits = { bytes: settings.batch_min_bytes, ms: LONGEST_HOLD_MS }
      const held = holdBack(messages, bytes, options, limits, host.now())
      return held === null ? await sendOver(lines, frames, options) : [held]
    },
    check: (signal) => checkConnection(settings, lines[0], signal),
    close() {
      for (const line of lines) line.close()
      return Promise.resolve()
    },
  }
}

/** Divides frames among connections; each takes its own in one piece, or not. */
async function sendOver(
  lines: readonly KeptConnection[],
  frames: readonly (Buffer | null)[],
  { signal }: SendOptions,
): Promise<readonly StreamResult[]> {
  const outcomes = await Promise.all(
    lines.map(async (line, index) => {
      const own = frames.filter((each, place) => each !== null && place % lines.length === index)
      if (own.length === 0) return sent
      try {
        await line.write(Buffer.concat(own as Buffer[]), signal)
        return sent
      } catch (error) {
        return signal.aborted ? ({ outcome: 'later', afterMs: 0 } as const) : unavailable(error)
      }
    }),
  )
  return frames.map((each, place) => (each === null ? wrongKind : (outcomes[place % lines.length] ?? sent)))
}

function openOverUdp(
  write: (queued: QueuedMessage) => Buffer | null,
  host: StreamHost,
  destination: { readonly host: string; readonly port: number; readonly timeoutMs: number },
): StreamSender {
  const datagrams = keepDatagrams(host, destination)
  return {
    send: (messages, options) =>
      sendInOrder(messages, options, 1, async (queued, signal) => {
        const bytes = write(queued)
        return bytes === null ? wrongKind : await datagrams.send(bytes, signal)
      }),
    check: (signal) => checkConnection(destination, datagrams, signal),
    close() {
      datagrams.close()
      return Promise.resolve()
    },
  }
}

const sent: StreamResult = { outcome: 'sent' }
const wrongKind: StreamResult = { outcome: 'refused', reason: 'It is no message for a syslog target.' }
