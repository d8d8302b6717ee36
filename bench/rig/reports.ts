import type { DetectionReport } from '@tripline/core'
import type { IndexedReport } from '../../packages/server/src/detections/ingest-detections.ts'
import { sampleDetections } from '../../packages/server/src/sample/sample-detections.ts'
import { toExtrahop } from '../../packages/server/src/formats/to-extrahop.ts'

const NOW = new Date('2026-11-20T12:00:00Z')

/** Made-up reports, the same in every run. */
export function benchReports(count: number): readonly DetectionReport[] {
  return sampleDetections(7, count, NOW)
}

/** The same reports after the sensor saw more: all of them change when they are ingested. */
export function changedReports(reports: readonly DetectionReport[]): readonly DetectionReport[] {
  return reports.map((report) => ({
    ...report,
    riskScore: report.riskScore === null ? 50 : (report.riskScore % 99) + 1,
    updateTime: new Date(report.updateTime.getTime() + 60_000),
    description: `${report.description ?? ''}\n\nSeen again.`,
  }))
}

/** Divided as ingest over HTTP divides them. */
export function batchesOf(
  reports: readonly DetectionReport[],
  size: number,
): readonly (readonly IndexedReport[])[] {
  const indexed = reports.map((report, index) => ({ index, report }))
  return Array.from({ length: Math.ceil(indexed.length / size) }, (_, batch) =>
    indexed.slice(batch * size, (batch + 1) * size),
  )
}

/** As lines of ExtraHop's JSON. */
export function toNdjson(reports: readonly DetectionReport[]): string {
  return reports.map((report) => `${JSON.stringify(toExtrahop(report))}\n`).join('')
}
