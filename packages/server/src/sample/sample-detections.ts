import { detectionReportSchema, type DetectionReport } from '@tripline/core'
import { attackKinds, suspiciousFileShareAccess } from './attack-kinds.ts'
import { exposureKinds } from './exposure-kinds.ts'
import { mitreEntry } from './mitre.ts'
import { performanceKinds } from './performance-kinds.ts'
import type { SampleContent, SampleKind, SampleParticipant } from './sample-kind.ts'
import { seededRandom, type SeededRandom } from './seeded-random.ts'

const MINUTE_MS = 60_000
const WEEK_MS = 7 * 24 * 60 * MINUTE_MS

/** The first id: beyond 32 bits, as those of real sensors. */
const FIRST_ID = 34_359_738_368

const kinds: readonly [SampleKind, ...SampleKind[]] = [
  suspiciousFileShareAccess,
  ...attackKinds,
  ...exposureKinds,
  ...performanceKinds,
]

/**
 * Made-up detections of many kinds, for trying things out. The same arguments give the same detections; the first is
 * always a "Suspicious CIFS Client File Share Access". They lie in the week before `now`, some still going on; none
 * has been worked on. A detection with a larger number has a larger id.
 */
export function sampleDetections(seed: number, count: number, now: Date): readonly DetectionReport[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, index) => {
    const kind = index === 0 ? suspiciousFileShareAccess : random.pick(kinds)
    return report(FIRST_ID + index, kind, random, now)
  })
}

function report(id: number, kind: SampleKind, random: SeededRandom, now: Date): DetectionReport {
  const content = kind.create(random)
  const durationMs = random.integer(1, kind.maxMinutes) * MINUTE_MS
  const startMs = now.getTime() - random.integer(MINUTE_MS, WEEK_MS)
  const ongoing = random.chance(0.15) || startMs + durationMs > now.getTime()
  const updateMs = ongoing
    ? now.getTime() - random.integer(0, Math.min(MINUTE_MS, now.getTime() - startMs))
    : startMs + durationMs
  return detectionReportSchema.parse({
    ...entriesOf(content, kind),
    externalId: String(id),
    preferredId: id,
    type: kind.type,
    categories: [...kind.categories],
    startTime: new Date(startMs),
    endTime: ongoing ? null : new Date(updateMs),
    createTime: new Date(Math.min(startMs + random.integer(2_000, 20_000), now.getTime())),
    updateTime: new Date(updateMs),
    participants: content.participants.map((participant, index) => participantOf(participant, id, index)),
    applianceId: 1,
    isUserCreated: false,
    recommended: content.riskScore >= 80,
    recommendedFactors: content.riskScore >= 80 ? ['top_offender'] : [],
    url: null,
    tracking: null,
  })
}

function entriesOf(content: SampleContent, kind: SampleKind) {
  const entries = kind.mitre.map(mitreEntry)
  return {
    title: content.title,
    description: content.description,
    riskScore: content.riskScore,
    properties: content.properties ?? {},
    mitreTactics: entries.filter((entry) => entry.id.startsWith('TA')),
    mitreTechniques: entries.filter((entry) => !entry.id.startsWith('TA')),
  }
}

function participantOf(participant: SampleParticipant, detectionId: number, index: number) {
  const { host } = participant
  const known = typeof host === 'string' ? null : host
  return {
    id: (detectionId - FIRST_ID) * 10 + index + 1,
    role: participant.role,
    objectType: known === null ? ('ipaddr' as const) : ('device' as const),
    objectId: known === null ? null : String(known.deviceId),
    objectValue: typeof host === 'string' ? host : host.address,
    hostname: participant.hostname ?? known?.hostname ?? null,
    external: known === null,
    endpoint: participant.endpoint ?? null,
    username: participant.username ?? null,
    scannerService: null,
  }
}
