import { DetectionNotFound } from '@tripline/core'
import { toTriggerDetection, type TriggerRunResult } from '@tripline/triggers'
import { toDetection } from '../detections/detection-row.ts'
import { listKnownTargets } from './stream-sending.ts'
import type { TriggerWorkDeps } from './trigger-work.ts'

/**
 * Runs a script on a stored detection as `DETECTION_UPDATE`, with `debug` on, and does nothing of what it wants done: the
 * result shows what that is.
 *
 * @throws DetectionNotFound
 */
export async function dryRunScript(
  { database, thread, system }: Omit<TriggerWorkDeps, 'log'>,
  script: string,
  detectionId: string,
  isEventCreate: boolean,
): Promise<TriggerRunResult> {
  const row = await database
    .selectFrom('detections')
    .selectAll()
    .where('detection_id', '=', detectionId)
    .executeTakeFirst()
  if (row === undefined) throw new DetectionNotFound(detectionId)
  return await thread.run(script, {
    // Its own lines and caches, so that it neither hides nor is hidden by what real runs logged.
    trigger: `dry run ${crypto.randomUUID()}`,
    occasion: { event: 'DETECTION_UPDATE', detection: toTriggerDetection(toDetection(row), isEventCreate) },
    debug: true,
    targets: await listKnownTargets(database),
    system,
  })
}
