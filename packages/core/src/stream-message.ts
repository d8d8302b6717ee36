import type { JsonObject, JsonValue } from './json-value.ts'

/** The kinds of open data stream targets: a target takes messages of its own kind only. */
export const streamKinds = ['http', 'kafka', 'mongodb', 'syslog', 'raw'] as const

/** A kind of open data stream target. */
export type StreamKind = (typeof streamKinds)[number]

/** A request to an HTTP target; the target adds where it lies, who we are and its additional header. */
export interface HttpStreamMessage {
  readonly kind: 'http'
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'TRACE' | 'OPTIONS' | 'CONNECT' | 'PATCH'
  /** Path and query, beginning with a slash. */
  readonly path: string
  /** By name as the sender wrote it; restricted ones were refused before. */
  readonly headers: Readonly<Record<string, string>>
  /** Base64 of the body's bytes; `null`: there is none. */
  readonly payload: string | null
  /** What to hand back with the answer; `null`: nobody wants the answer. */
  readonly reply: { readonly context: JsonValue } | null
}

/** Messages for a topic of a Kafka target. */
export interface KafkaStreamMessage {
  readonly kind: 'kafka'
  readonly topic: string
  readonly messages: readonly string[]
  /** `null`: as the target's strategy has it. */
  readonly partition: number | null
}

/** A write to a MongoDB target; collections are named `database.collection`. */
export type MongodbStreamMessage = { readonly kind: 'mongodb'; readonly collection: string } & (
  | { readonly operation: 'insert'; readonly documents: readonly JsonObject[] }
  | { readonly operation: 'remove'; readonly query: JsonObject; readonly justOne: boolean }
  | {
      readonly operation: 'update'
      readonly query: JsonObject
      readonly update: JsonObject
      readonly upsert: boolean
      readonly multi: boolean
    }
)

/** A message to a syslog target. */
export interface SyslogStreamMessage {
  readonly kind: 'syslog'
  /** 0 (emergency) to 7 (debug). */
  readonly severity: number
  readonly message: string
}

/** Bytes to a raw TCP or UDP target. */
export interface RawStreamMessage {
  readonly kind: 'raw'
  /** Base64. */
  readonly payload: string
}

/** What a trigger or a notification rule sends to a target. It is JSON, because it waits in a durable queue. */
export type StreamMessage =
  | HttpStreamMessage
  | KafkaStreamMessage
  | MongodbStreamMessage
  | SyslogStreamMessage
  | RawStreamMessage

const restrictedHeaders = new Set([
  'connection',
  'authorization',
  'proxy-connection',
  'content-length',
  'x-forwarded-for',
  'transfer-encoding',
])

/** The first header that messages must not set, because it is the target's or the connection's; `null`: none. */
export function findRestrictedHeader(headers: Readonly<Record<string, string>>): string | null {
  return Object.keys(headers).find((name) => restrictedHeaders.has(name.trim().toLowerCase())) ?? null
}
