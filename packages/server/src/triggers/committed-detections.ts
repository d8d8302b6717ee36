import { createHash } from 'node:crypto'
import { detectionReportSchema, type DetectionReport } from '@tripline/core'
import type { CommittedDetection } from '@tripline/triggers'

/** The source of detections that triggers make. */
export const TRIGGER_SOURCE = 'triggers'

/** So many detections a trigger may make on a day (UTC). */
export const commitsPerDay = 250

const PERIODS_MS = { hour: 3_600_000, day: 86_400_000, week: 604_800_000 }

/**
 * What a script reports. Reports with one type and identity key in the same hour, day or week (as counted from 1970) are
 * one detection; without a key each is its own, named by `runName`.
 */
export function toReport(commit: CommittedDetection, runName: string, now: Date): DetectionReport {
  const { type, identityKey, identityTtl } = commit
  const period = Math.floor(now.getTime() / PERIODS_MS[identityTtl])
  const identity = identityKey === null ? runName : `${identityTtl} ${period} ${identityKey}`
  return detectionReportSchema.parse({
    externalId: createHash('sha256').update(`${type}\n${identity}`).digest('hex'),
    title: commit.title,
    description: commit.description,
    type: type.startsWith('custom.') ? type : `custom.${type}`,
    riskScore: commit.riskScore,
    startTime: now,
    updateTime: now,
    isUserCreated: true,
    participants: commit.participants.map(({ role, kind, id, address, hostname }) => ({
      role,
      objectType: kind,
      objectId: kind === 'ipaddr' ? null : id,
      objectValue: address,
      hostname,
    })),
  })
}
