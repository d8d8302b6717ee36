import {
  detectionIdSchema,
  detectionReportSchema,
  type Detection,
  type DetectionReportInput,
} from '../../src/index.ts'

const time = new Date('2026-03-01T10:00:00Z')

/** The least that a sensor must report. */
export const leastReport: DetectionReportInput = {
  externalId: 'sensor-1',
  title: 'Rogue DHCP server',
  type: 'dhcp_rogue',
  startTime: time,
}

/** A stored detection; what a test is about is given. */
export function sampleDetection(
  report: Partial<DetectionReportInput> = {},
  kept: Partial<Detection> = {},
): Detection {
  const {
    preferredId: _,
    tracking: __,
    createTime,
    ...content
  } = detectionReportSchema.parse({
    ...leastReport,
    ...report,
  })
  return {
    ...content,
    detectionId: detectionIdSchema.parse('4294967296001'),
    source: 'sensor-a',
    createTime: createTime ?? time,
    modTime: time,
    tracking: { status: 'open', resolution: null, assignee: null, ticketId: null },
    version: 1,
    hiddenBy: null,
    ...kept,
  }
}
