import type { DetectionFormat } from './detection-format.ts'
import { parseReport } from './parse-report.ts'

/**
 * Tripline's own JSON: a detection report with the names that GraphQL uses. Instants are ISO 8601 with a zone, or
 * integer milliseconds.
 */
export const triplineFormat: DetectionFormat = {
  name: 'tripline',
  title: 'Tripline',
  parse: (record) => parseReport(record, (path) => path.join('.')),
}
