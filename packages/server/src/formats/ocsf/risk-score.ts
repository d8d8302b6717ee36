import { numberOf, textOf, type Fields } from './reading.ts'

/**
 * A score for each severity of OCSF, in the bands that people are used to: low up to 30, medium up to 79, high from 80.
 * `Unknown` (0) and `Other` (99) have none.
 */
const bySeverity: ReadonlyMap<string, number> = new Map([
  ['informational', 10],
  ['low', 25],
  ['medium', 50],
  ['high', 80],
  ['critical', 90],
  ['fatal', 99],
])

const severities = ['unknown', 'informational', 'low', 'medium', 'high', 'critical', 'fatal']
const riskLevels = ['informational', 'low', 'medium', 'high', 'critical']

/**
 * The risk score of a finding, from 1 to 99: its own `risk_score`, taken as one out of 100; else what belongs to its
 * severity; else to its risk level. A `risk_score` outside of 0 to 100 is on a scale that is not known, and is passed over.
 */
export function riskScoreOf(record: Fields): number | null {
  const score = numberOf(record['risk_score'])
  if (score !== null && score >= 0 && score <= 100) return Math.min(99, Math.max(1, Math.round(score)))
  return (
    scoreOf(severities, record['severity_id'], record['severity']) ??
    scoreOf(riskLevels, record['risk_level_id'], record['risk_level'])
  )
}

function scoreOf(names: readonly string[], id: unknown, name: unknown): number | null {
  const byId = names[numberOf(id) ?? -1] ?? textOf(name)?.toLowerCase()
  return (byId === undefined ? null : bySeverity.get(byId)) ?? null
}
