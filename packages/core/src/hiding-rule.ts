import { z } from 'zod'
import { categoryOfScope } from './hiding-scope.ts'
import type { Detection, Participant } from './detection.ts'
import { InvalidInput } from './errors.ts'
import { isInNetwork } from './ip-address.ts'
import { jsonValueSchema, type JsonValue } from './json-value.ts'
import { schemaIssues } from './schema-issues.ts'

/** How a hiding rule compares a property: equal, not equal, matches a pattern, does not, is one of several. */
export const propertyOperators = ['=', '!=', '~', '!~', 'in'] as const

const LONGEST_PATTERN = 500

const line = (maxLength: number): z.ZodType<string, string> =>
  z
    .string()
    .max(maxLength)
    .refine((value) => value.trim() !== '', 'must not be empty')
    .refine((value) => value.isWellFormed() && !value.includes('\u0000'), 'must be well-formed text')

const some = <Value>(value: z.ZodType<Value>) => z.array(value).min(1).max(200)

/** Whom a hiding rule is about. */
const hidingParticipantSchema = z.discriminatedUnion('kind', [
  /** The sensor's id of a device, in decimal digits. */
  z.object({ kind: z.literal('device'), objectId: z.string().regex(/^\d{1,19}$/u) }),
  /** Addresses or networks. */
  z.object({
    kind: z.literal('address'),
    addresses: some(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])),
  }),
  /** Host names, whatever their case; `*.example.com` stands for every name below. */
  z.object({ kind: z.literal('hostname'), hostnames: some(line(500)) }),
  /** Inside or outside of the observed network. */
  z.object({ kind: z.literal('locality'), locality: z.enum(['internal', 'external']) }),
  /** Names of scanning services; `null`: any. */
  z.object({ kind: z.literal('scanner'), scanners: some(line(500)).nullable() }),
])

/** Whom a hiding rule is about. */
export type HidingParticipant = Readonly<z.output<typeof hidingParticipantSchema>>

const scalar = z.union([z.string(), z.number(), z.boolean()])

const propertyCriterionSchema = z
  .object({
    property: line(300),
    operator: z.enum(propertyOperators),
    /** Of `in` a list or one value; of the others one value. Networks stand for every address in them. */
    operand: jsonValueSchema.pipe(z.union([scalar, z.array(scalar).max(200)])),
  })
  .refine(
    ({ operator, operand }) =>
      !operator.includes('~') || (typeof operand === 'string' && operand.length <= LONGEST_PATTERN),
    { path: ['operand'], message: `must be a pattern of at most ${LONGEST_PATTERN} characters` },
  )
  .refine(({ operator, operand }) => operator === 'in' || !Array.isArray(operand), {
    path: ['operand'],
    message: 'must be one value; only "in" takes a list',
  })

/** What a hiding rule wants of one property. */
export type PropertyCriterion = Readonly<z.output<typeof propertyCriterionSchema>>

/** Parses a hiding rule. */
export const hidingRuleSchema = z.object({
  /** Kinds of detections; `all_security` and `all_performance` stand for all of the category `sec` or `perf`. */
  detectionTypes: some(line(300)),
  /** `null`: whoever it is. */
  offender: hidingParticipantSchema.nullable().default(null),
  victim: hidingParticipantSchema.nullable().default(null),
  /** All of them must hold. */
  properties: z.array(propertyCriterionSchema).max(50).default([]),
  description: z
    .string()
    .max(5_000)
    .default('')
    .transform((text) => text.replaceAll('\u0000', '').toWellFormed()),
  enabled: z.boolean().default(true),
  /** From then on it hides nothing; `null`: it does not expire. */
  expiresAt: z.date().nullable().default(null),
})

/** What is hidden: detections that somebody knows to be of no interest ("tuning rule"). */
export type HidingRule = Readonly<z.output<typeof hidingRuleSchema>>

/** @throws InvalidInput naming every problem. */
export function parseHidingRule(value: unknown): HidingRule {
  const result = hidingRuleSchema.safeParse(value)
  if (result.success) return result.data
  const issues = schemaIssues(result.error)
  const words = issues.map(({ path, message }) => `${path}: ${message}`).join('; ')
  throw new InvalidInput(`The hiding rule cannot be taken: ${words}.`, issues)
}

/** Whether a pattern occurs in a text; how patterns are written is for the caller to say. */
export type MatchesPattern = (pattern: string, text: string) => boolean

/** The part of a detection that hiding rules look at. */
export type Hideable = Pick<Detection, 'type' | 'categories' | 'participants' | 'properties'>

/** Whether a rule is in force at an instant. */
export function isInForce(rule: Pick<HidingRule, 'enabled' | 'expiresAt'>, now: Date): boolean {
  return rule.enabled && (rule.expiresAt === null || rule.expiresAt > now)
}

/**
 * Whether a rule that is in force hides a detection. A rule about an offender hides only when every offender is meant, so
 * that a detection with another one stays to be seen; the same for victims. A property that is absent meets no criterion.
 */
export function hidesDetection(rule: HidingRule, detection: Hideable, matches: MatchesPattern): boolean {
  return (
    rule.detectionTypes.some((type) => isOfType(type, detection)) &&
    isAbout(rule.offender, detection, 'offender') &&
    isAbout(rule.victim, detection, 'victim') &&
    rule.properties.every((criterion) => holds(criterion, propertyOf(detection, criterion.property), matches))
  )
}

function propertyOf({ properties }: Hideable, name: string): JsonValue | undefined {
  return Object.hasOwn(properties, name) ? properties[name] : undefined
}

function isOfType(type: string, { type: own, categories }: Hideable): boolean {
  const category = categoryOfScope(type)
  if (category === null) return own === type
  return categories.some((name) => name === category || name.startsWith(`${category}.`))
}

function isAbout(
  wanted: HidingParticipant | null,
  { participants }: Hideable,
  role: 'offender' | 'victim',
): boolean {
  if (wanted === null) return true
  const those = participants.filter((participant) => participant.role === role)
  return those.length > 0 && those.every((participant) => isMeant(wanted, participant))
}

function isMeant(wanted: HidingParticipant, participant: Participant): boolean {
  switch (wanted.kind) {
    case 'device':
      return participant.objectType === 'device' && participant.objectId === wanted.objectId
    case 'address': {
      const { objectValue } = participant
      return objectValue !== null && wanted.addresses.some((network) => isInNetwork(network, objectValue))
    }
    case 'hostname': {
      const name = participant.hostname?.toLowerCase()
      return name !== undefined && wanted.hostnames.some((each) => isHost(each.toLowerCase(), name))
    }
    case 'locality':
      return participant.external === (wanted.locality === 'external')
    case 'scanner': {
      const { scannerService } = participant
      if (scannerService === null) return false
      const own = scannerService.toLowerCase()
      return wanted.scanners === null || wanted.scanners.some((name) => name.toLowerCase() === own)
    }
  }
}

function isHost(wanted: string, name: string): boolean {
  return wanted.startsWith('*.') ? name.endsWith(wanted.slice(1)) : name === wanted
}

function holds(
  { operator, operand }: PropertyCriterion,
  value: JsonValue | undefined,
  matches: MatchesPattern,
): boolean {
  const texts = textsOf(value)
  if (texts.length === 0) return false
  const wanted = [operand].flat().map(String)
  switch (operator) {
    case '=':
    case 'in':
      return texts.some((text) => isOneOf(wanted, text))
    case '!=':
      return !texts.some((text) => isOneOf(wanted, text))
    case '~':
      return texts.some((text) => wanted.some((pattern) => matches(pattern, text)))
    case '!~':
      return !texts.some((text) => wanted.some((pattern) => matches(pattern, text)))
  }
}

function isOneOf(wanted: readonly string[], text: string): boolean {
  return wanted.some((each) => each === text || (each.includes('/') && isInNetwork(each, text)))
}

/** The values of a property that can be compared: itself, or the members of a list. */
function textsOf(value: JsonValue | undefined): readonly string[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return (value as readonly JsonValue[]).flatMap(textsOf)
  return typeof value === 'object' ? [] : [String(value)]
}
