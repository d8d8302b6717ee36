import { DetectionNotFound, detectionIdSchema } from '@tripline/core'

/**
 * The id of a detection in a path.
 *
 * @throws DetectionNotFound also for what cannot be an id: no detection has it
 */
export function detectionIdIn(params: Readonly<Record<string, string>>): string {
  const given = params['id'] ?? ''
  const id = detectionIdSchema.safeParse(given)
  if (id.success) return id.data
  throw new DetectionNotFound(given.slice(0, 40))
}
