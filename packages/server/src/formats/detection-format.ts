import type { DetectionReport } from '@tripline/core'

/** A way in which the world writes detections down: what one record means. */
export interface DetectionFormat {
  /** For instance `ocsf`: what people name on the command line and in requests. */
  readonly name: string
  /** For instance `OCSF Detection Finding`: shown. */
  readonly title: string
  /**
   * Reads one record, a value as `JSON.parse` gives it.
   *
   * @throws InvalidInput when it is not a detection in this format; the paths of its issues are those of the record,
   *   in the format's own names
   */
  parse(record: unknown): DetectionReport
}
