import { isIP } from 'node:net'
import { z } from 'zod'
import type { JsonValue } from '@tripline/core'
import { isObject, parsed } from './stream-arguments.ts'

const text = (most: number): z.ZodType<string> =>
  z
    .string()
    .refine((value) => value.trim() !== '', 'must not be empty')
    .refine((value) => value.length <= most, `is longer than ${most} characters`)

const nullableText = z
  .string()
  .max(512)
  .nullish()
  .transform((value) => value ?? null)

const participantSchema = z.object({
  role: z.enum(['offender', 'victim'], 'must be offender or victim'),
  kind: z.enum(['device', 'application', 'ipaddr'], 'must be a Device, an Application or an IPAddress'),
  id: z
    .union([z.string().max(40), z.number()])
    .nullish()
    .transform((value) => (value === null || value === undefined ? null : String(value))),
  address: nullableText.refine((value) => value === null || isIP(value) !== 0, 'must be an IP address'),
  hostname: nullableText,
})

const commitSchema = z.object({
  type: text(200),
  title: text(1_000),
  description: text(200_000),
  riskScore: z
    .int()
    .min(1)
    .max(99)
    .nullish()
    .transform((value) => value ?? null),
  participants: z
    .array(participantSchema)
    .max(100)
    .nullish()
    .transform((value) => value ?? []),
  identityKey: nullableText.refine((value) => value !== '', 'must not be empty'),
  identityTtl: z
    .enum(['hour', 'day', 'week'])
    .nullish()
    .transform((value) => value ?? 'hour'),
})

/** A detection that a script made. Those with one type and identity key are the same within its time to live. */
export type CommittedDetection = Readonly<z.output<typeof commitSchema>>

/** @throws ScriptError naming what is wrong */
export function committedDetection(type: JsonValue, options: JsonValue): CommittedDetection {
  return parsed(commitSchema, { ...(isObject(options) ? options : {}), type })
}
