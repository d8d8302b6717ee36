import type { LookupFunction, Socket } from 'node:net'
import type { z } from 'zod'
import type { StreamKind, StreamMessage } from './stream-message.ts'
import type { ConnectionFinding } from './ticketing-adapter.ts'

/** The version of the contract between gateway and stream plugins that this package describes. */
export const streamContractVersion = 1

/** How TLS to a target is spoken. */
export interface StreamTls {
  /** Certificates to trust in place of the usual ones, as PEM; `null`: the usual ones. */
  readonly ca: string | null
  /** What we prove ourselves with, as PEM; `null`: nothing. */
  readonly cert: string | null
  readonly key: string | null
  readonly verify: boolean
}

/** Where a connection goes. */
export interface StreamDestination {
  readonly host: string
  readonly port: number
  /** `null`: no TLS. */
  readonly tls: StreamTls | null
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** A request to be made of an HTTP server. */
export interface StreamHttpRequest {
  /** Scheme, host and port. */
  readonly origin: string
  /** Path and query. */
  readonly path: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | null
  /** Whether the answer's body is of interest; if not, it is empty. */
  readonly wantsBody: boolean
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** An answer, whatever its status; redirects are not followed. */
export interface StreamHttpAnswer {
  readonly statusCode: number
  /** By lower-case name; a repeated header is a list. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** At most a mebibyte; what is beyond is not kept. */
  readonly body: Uint8Array
}

/** Makes requests over connections that are kept. */
export interface StreamHttpClient {
  /** Throws Node.js' errors, those of the network with a `code`. */
  request(request: StreamHttpRequest): Promise<StreamHttpAnswer>
  close(): Promise<void>
}

/** Sends datagrams to one destination. */
export interface StreamDatagrams {
  send(bytes: Uint8Array): Promise<void>
  close(): void
}

/** All that a stream plugin may touch of the world. Whatever connects obeys the gateway's network policy. */
export interface StreamHost {
  openHttp(options: { readonly tls: StreamTls; readonly connections: number }): StreamHttpClient
  /** A socket that is connected, over TLS after the handshake. Throws when that does not come about in time. */
  connect(destination: StreamDestination): Promise<Socket>
  openDatagrams(destination: Omit<StreamDestination, 'tls'>): Promise<StreamDatagrams>
  /** Resolves names to addresses that may be connected to, for clients that connect themselves. */
  readonly lookup: LookupFunction
  /** The address that may be connected to for a name or an address; throws when there is none. */
  resolve(host: string): Promise<string>
  readonly now: () => Date
  /** `details` must not hold secrets. */
  readonly log: (level: 'debug' | 'info' | 'warn' | 'error', message: string, details?: object) => void
}

/** A message as it waits for its target. */
export interface QueuedMessage {
  /** The same whenever the message is sent again, unlike for any other message of this gateway. */
  readonly id: string
  readonly message: StreamMessage
  readonly queuedAt: Date
  /** How often its delivery has failed. */
  readonly attempts: number
}

/** The answer of a target, for whoever wants it. */
export type StreamReply = StreamHttpAnswer

/**
 * What became of a message.
 *
 * - `sent`: the target has it. `reply`: its answer, where one was wanted.
 * - `later`: nothing is wrong; it is to be handed over again after a while, with those behind it.
 * - `unavailable`: the target takes nothing now. Everything waits, however long that is.
 * - `failed`: something went wrong with this message. After a number of attempts it is put aside.
 * - `refused`: the target will never take it. It is put aside at once.
 */
export type StreamResult =
  | { readonly outcome: 'sent'; readonly reply?: StreamReply | null }
  | { readonly outcome: 'later'; readonly afterMs: number }
  | { readonly outcome: 'unavailable'; readonly reason: string; readonly retryAfterMs: number | null }
  | { readonly outcome: 'failed'; readonly reason: string; readonly reply?: StreamReply | null }
  | { readonly outcome: 'refused'; readonly reason: string; readonly reply?: StreamReply | null }

/** How messages are to be sent. */
export interface SendOptions {
  readonly signal: AbortSignal
  /** After so many milliseconds no further message is to be begun: what was sent is then recorded. */
  readonly sliceMs: number
  /** Whether more messages wait than were handed over. */
  readonly more: boolean
}

/** An open way to one target. */
export interface StreamSender {
  /**
   * Sends messages in their order. The results are those of the first so many messages, in order; those behind were not
   * begun. What it throws counts as `unavailable`.
   */
  send(messages: readonly QueuedMessage[], options: SendOptions): Promise<readonly StreamResult[]>
  /** Looks whether messages could be sent, without sending any. */
  check(signal: AbortSignal): Promise<readonly ConnectionFinding[]>
  close(): Promise<void>
}

/** Sends messages of one kind. */
export interface StreamPlugin<Settings = unknown> {
  /** What it sends; there is one plugin for each kind. */
  readonly kind: StreamKind
  /** What people read; for instance `Kafka`. */
  readonly title: string
  /** The {@link streamContractVersion} that the plugin was written for. */
  readonly streamContractVersion: number
  /** What an administrator fills in. Members wrapped in `secret` are stored encrypted and never shown again. */
  readonly settings: z.ZodType<Settings>
  /** Makes a sender; connects to nothing yet. */
  open(settings: Settings, host: StreamHost): StreamSender
}

/** Checks a plugin's types where it is written, and returns it. */
export function defineStreamPlugin<Settings>(plugin: StreamPlugin<Settings>): StreamPlugin<Settings> {
  return plugin
}
