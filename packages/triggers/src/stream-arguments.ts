import { z } from 'zod'
import type { JsonObject, JsonValue, StreamMessage } from '@tripline/core'
import { wrongType } from './script-error.ts'

// Checked and passed on as it is: parsing would copy it, and lose members named `__proto__`.
const object = z.custom<JsonObject>(isObject, 'must be an object')

const topic = z
  .string('The topic has to be a string.')
  .regex(/^[\w.-]{1,249}$/u, 'A topic has 1 to 249 letters, digits, dots, underscores and hyphens.')
  .refine((text) => text !== '.' && text !== '..', 'A topic cannot be . or .. alone.')

const kafkaSchema = z.object({
  topic,
  messages: z.array(
    z
      .custom<JsonValue>(
        (value) => value !== null && value !== undefined && !Array.isArray(value),
        'A message is no list.',
      )
      .transform((value) => (typeof value === 'string' ? value : JSON.stringify(value))),
    'The messages have to be a list of messages, none of which is a list.',
  ),
  partition: z
    .int('The partition has to be a whole number.')
    .min(0)
    .nullish()
    .transform((value) => value ?? null),
})

/** What a script sends to a Kafka target. */
export function kafkaMessage(given: JsonValue): StreamMessage {
  const { messages, ...rest } = parsed(kafkaSchema, given)
  if (messages.length === 0) throw wrongType('Kafka.send needs at least one message.')
  return { kind: 'kafka', ...rest, messages }
}

const collectionSchema = z
  .string('The collection has to be a string.')
  .regex(/^[^.\0]+\..+$/u, 'A collection is named database.collection.')

const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false)
const insertSchema = z.object({
  document: z.union([z.array(object).min(1), object.transform((document) => [document])], 'needs documents'),
})
const removeSchema = z.object({ query: object, justOnce: flag })
const updateSchema = z.object({
  query: object,
  update: object,
  options: z
    .object({ upsert: flag, multi: flag })
    .nullish()
    .transform((value) => value ?? { upsert: false, multi: false }),
})

/** What a script writes to a MongoDB target. */
export function mongodbMessage(operation: JsonValue, collection: JsonValue, given: JsonValue): StreamMessage {
  const place = { kind: 'mongodb', collection: parsed(collectionSchema, collection) } as const
  if (operation === 'insert') return { ...place, operation, documents: parsed(insertSchema, given).document }
  if (operation === 'remove') {
    const { query, justOnce } = parsed(removeSchema, given)
    return { ...place, operation, query, justOne: justOnce }
  }
  if (operation !== 'update') throw wrongType('There is no such operation.')
  const { query, update, options } = parsed(updateSchema, given)
  return { ...place, operation, query, update, ...options }
}

const levels = ['emerg', 'alert', 'crit', 'error', 'warn', 'notice', 'info', 'debug']

/** What a script sends to a syslog target: exactly one string. */
export function syslogMessage(level: JsonValue, values: JsonValue): StreamMessage {
  const severity = levels.findIndex((name) => name === level)
  const [message, ...more] = Array.isArray(values) ? (values as readonly JsonValue[]) : []
  if (severity < 0 || typeof message !== 'string' || more.length > 0)
    throw wrongType(`Syslog.${levels[severity] ?? 'send'} takes one string.`)
  return { kind: 'syslog', severity, message }
}

/** What a script sends to a raw target: exactly one string or Buffer. */
export function rawMessage(values: JsonValue): StreamMessage {
  const [value, ...more] = Array.isArray(values) ? (values as readonly JsonValue[]) : []
  const bytes = value === undefined || more.length > 0 ? null : toBytes(value)
  if (bytes === null) throw wrongType('Raw.send takes one string.')
  return { kind: 'raw', payload: bytes.toString('base64') }
}

/** The bytes of a string, or of a Buffer of the sandbox; `null`: it is neither. */
export function toBytes(value: JsonValue): Buffer | null {
  if (typeof value === 'string') return Buffer.from(value, 'utf8')
  return isObject(value) && typeof value['bytes'] === 'string' ? Buffer.from(value['bytes'], 'latin1') : null
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @throws ScriptError with what the schema says */
export function parsed<Output>(schema: z.ZodType<Output>, given: JsonValue): Output {
  const result = schema.safeParse(given)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const where = issue?.path.join('.') ?? ''
  throw wrongType(where === '' ? (issue?.message ?? 'is wrong') : `${where}: ${issue?.message ?? 'is wrong'}`)
}
