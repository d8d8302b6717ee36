import { InvalidInput, type HidingParticipant } from '@tripline/core'
import { z } from 'zod'
import { exactInteger } from '../formats/exact-integer.ts'

const ANY = 'Any'

const oneOrSeveral = z.union([z.string(), z.array(z.string())]).nullish()

const objectTypes = [
  'device',
  'device_group',
  'ipaddr',
  'locality_type',
  'network_locality',
  'hostname',
  'scanner_service',
] as const

const objectSchema = z.object({
  object_type: z.enum(objectTypes),
  object_id: z
    .union([z.int(), z.string().regex(/^\d+$/u)])
    .nullish()
    .describe('Of device.'),
  object_value: oneOrSeveral.describe('Of ipaddr: addresses and networks.'),
  object_hostname: oneOrSeveral.describe('Of hostname.'),
  object_locality: z.enum(['internal', 'external']).nullish().describe('Of locality_type.'),
  object_scanner: oneOrSeveral.describe('Of scanner_service; Any: whichever.'),
})

/** Whom a tuning rule is about, as clients write it. */
export const participantBodySchema = z.union([z.literal(['Any', 'any']), objectSchema], {
  error: `takes "Any", or an object whose object_type is one of ${objectTypes.join(', ')}, with what is looked for`,
})

/** The same as it is answered. */
export const participantAnswerSchema = z.union([
  z.literal(ANY),
  z.strictObject({
    object_type: z.string(),
    object_id: z.union([z.int(), z.string()]).optional(),
    object_value: z.union([z.string(), z.array(z.string())]).optional(),
    object_hostname: z.union([z.string(), z.array(z.string())]).optional(),
    object_locality: z.string().optional(),
    object_scanner: z.union([z.string(), z.array(z.string())]).optional(),
  }),
])

/**
 * Whom a rule is about, in the domain's words; `null`: whoever it is.
 *
 * @throws InvalidInput for what Tripline knows nothing of: groups of devices, and localities by id
 */
export function toHidingParticipant(
  role: 'offender' | 'victim',
  body: z.output<typeof participantBodySchema>,
): object | null {
  if (typeof body === 'string') return null
  switch (body.object_type) {
    case 'device':
      return { kind: 'device', objectId: String(body.object_id ?? '') }
    case 'ipaddr':
      return { kind: 'address', addresses: listOf(body.object_value) }
    case 'hostname':
      return { kind: 'hostname', hostnames: listOf(body.object_hostname) }
    case 'locality_type':
      return { kind: 'locality', locality: body.object_locality ?? undefined }
    case 'scanner_service': {
      const scanners = listOf(body.object_scanner)
      return { kind: 'scanner', scanners: scanners.some((name) => /^any$/iu.test(name)) ? null : scanners }
    }
    case 'device_group':
    case 'network_locality': {
      const message = `${role}: Tripline does not know who is in a ${body.object_type}; name addresses or hosts`
      throw new InvalidInput(`${message}.`, [{ path: role, message }])
    }
  }
}

/** Whom a rule is about, as clients read it. */
export function participantAnswer(participant: HidingParticipant | null): unknown {
  if (participant === null) return ANY
  switch (participant.kind) {
    case 'device':
      return { object_type: 'device', object_id: exactInteger(participant.objectId) }
    case 'address':
      return { object_type: 'ipaddr', object_value: single(participant.addresses) }
    case 'hostname':
      return { object_type: 'hostname', object_hostname: single(participant.hostnames) }
    case 'locality':
      return { object_type: 'locality_type', object_locality: participant.locality }
    case 'scanner': {
      const { scanners } = participant
      return { object_type: 'scanner_service', object_scanner: scanners === null ? ANY : single(scanners) }
    }
  }
}

function listOf(value: string | readonly string[] | null | undefined): readonly string[] {
  return [value ?? []].flat()
}

function single(values: readonly string[]): string | readonly string[] {
  const [only] = values
  return values.length === 1 && only !== undefined ? only : values
}
