import type { JsonObject } from '@tripline/core'
import type { SampleMitreId } from './mitre.ts'
import type { SampleHost } from './sample-network.ts'
import type { SeededRandom } from './seeded-random.ts'

/** Who takes part in a sample detection. */
export interface SampleParticipant {
  readonly role: 'offender' | 'victim'
  readonly endpoint?: 'client' | 'server' | 'sender' | 'receiver'
  /** A machine of the network, or an address outside of it. */
  readonly host: SampleHost | string
  readonly hostname?: string
  readonly username?: string
}

/** What is particular about one sample detection. */
export interface SampleContent {
  readonly title: string
  readonly description: string
  /** From 1 to 99. */
  readonly riskScore: number
  readonly participants: readonly SampleParticipant[]
  readonly properties?: JsonObject
}

/** A kind of detection, and how to make up one of it. */
export interface SampleKind {
  readonly type: string
  readonly categories: readonly string[]
  readonly mitre: readonly SampleMitreId[]
  /** How long one lasts at most, in minutes. */
  readonly maxMinutes: number
  create(random: SeededRandom): SampleContent
}
