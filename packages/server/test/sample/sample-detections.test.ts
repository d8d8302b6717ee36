import { detectionReportSchema, type DetectionReport } from '@tripline/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { extrahopFormat } from '../../src/formats/extrahop.ts'
import { isAddress, isPublicAddress } from '../../src/formats/ocsf/address.ts'
import { triplineFormat } from '../../src/formats/tripline.ts'
import { sampleDetections } from '../../src/sample/sample-detections.ts'
import { toExtrahop } from '../../src/formats/to-extrahop.ts'

const now = new Date('2026-01-15T12:00:00Z')

describe('sampleDetections', () => {
  test('gives the same detections for the same arguments, and others for another seed', () => {
    expect(sampleDetections(7, 50, now)).toEqual(sampleDetections(7, 50, now))
    expect(sampleDetections(7, 50, now)).not.toEqual(sampleDetections(8, 50, now))
    expect(sampleDetections(7, 50, now).slice(0, 20)).toEqual(sampleDetections(7, 20, now))
    expect(sampleDetections(7, 0, now)).toEqual([])
  })

  test('begins every run with the file share of the accounting laptop', () => {
    for (const seed of [0, 1, 2 ** 31, -5]) {
      const [first] = sampleDetections(seed, 1, now)
      expect(first).toMatchObject({
        title: 'Suspicious CIFS Client File Share Access',
        riskScore: 83,
        categories: expect.arrayContaining(['sec.lateral']),
        participants: [
          { role: 'offender', hostname: 'AccountingLaptop' },
          { role: 'victim', hostname: 'corpshare.example.com', objectValue: '192.168.6.179' },
        ],
      })
    }
  })

  test('lies in the week before now, in order, some of it still going on', () => {
    const reports = sampleDetections(1, 500, now)
    for (const report of reports) {
      const clocks = [report.startTime, report.createTime ?? now, report.updateTime, report.endTime ?? now]
      for (const clock of clocks) {
        expect(clock.getTime()).toBeLessThanOrEqual(now.getTime())
        expect(clock.getTime()).toBeGreaterThanOrEqual(report.startTime.getTime())
        expect(clock.getTime()).toBeGreaterThanOrEqual(now.getTime() - 7 * 86_400_000)
      }
    }
    const ongoing = reports.filter((report) => report.endTime === null).length
    expect(ongoing).toBeGreaterThan(50)
    expect(ongoing).toBeLessThan(250)
  })

  test('has many kinds, each id once, and every band of risk', () => {
    const reports = sampleDetections(1, 500, now)
    expect(new Set(reports.map((report) => report.type)).size).toBeGreaterThanOrEqual(20)
    expect(new Set(reports.map((report) => report.externalId)).size).toBe(500)
    const scores = reports.map((report) => report.riskScore ?? 0)
    expect(scores.some((score) => score <= 30)).toBe(true)
    expect(scores.some((score) => score > 30 && score < 80)).toBe(true)
    expect(scores.some((score) => score >= 80)).toBe(true)
    expect(reports.some((report) => report.categories.includes('perf'))).toBe(true)
  })

  test('names no real host and no real address', () => {
    for (const report of sampleDetections(3, 500, now)) {
      for (const { hostname, objectValue } of report.participants) {
        expect(objectValue).toSatisfy(isAddress)
        if (isPublicAddress(objectValue ?? '')) {
          expect(objectValue).toMatch(/^(192\.0\.2|198\.51\.100|203\.0\.113)\./)
        }
        if (hostname !== null && hostname !== 'AccountingLaptop')
          expect(hostname).toMatch(/\.example\.(com|net|org)$/)
      }
    }
  })
})

const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const name = text.filter((value) => value.trim() !== '')
const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary)
const time = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
const digits = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map(String)
const mitre = fc.array(
  fc.record({ id: name, name: maybe(text), url: maybe(text), legacyIds: fc.array(name, { maxLength: 2 }) }),
  { maxLength: 3 },
)

const reports: fc.Arbitrary<DetectionReport> = fc
  .record({
    id: digits,
    title: name,
    description: maybe(text),
    type: name,
    categories: fc.array(name, { maxLength: 3 }),
    riskScore: maybe(fc.integer({ min: 1, max: 99 })),
    startTime: time,
    endTime: maybe(time),
    createTime: maybe(time),
    updateTime: maybe(time),
    participants: fc.array(
      fc.record({
        id: maybe(fc.maxSafeNat()),
        role: fc.constantFrom('offender', 'victim', null),
        objectType: fc.constantFrom('device', 'application', 'ipaddr', null),
        objectId: maybe(fc.oneof(digits, fc.constantFrom('007', 'a-1', '-0', '1e3'))),
        objectValue: maybe(text),
        hostname: maybe(text),
        external: fc.boolean(),
        endpoint: fc.constantFrom('client', 'server', 'sender', 'receiver', null),
        username: maybe(text),
        scannerService: maybe(text),
        usernames: fc.array(name, { maxLength: 2 }),
        origins: fc.array(name, { maxLength: 2 }),
      }),
      { maxLength: 3 },
    ),
    properties: fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
    mitreTactics: mitre,
    mitreTechniques: mitre,
    applianceId: maybe(fc.nat()),
    isUserCreated: fc.boolean(),
    recommended: maybe(fc.boolean()),
    recommendedFactors: fc.array(name, { maxLength: 2 }),
    url: maybe(fc.oneof(text, fc.webUrl())),
    tracking: maybe(
      fc.record({
        status: fc.constantFrom('open', 'new', 'acknowledged', 'in_progress', 'closed'),
        resolution: fc.constantFrom('action_taken', 'no_action_taken', null),
        assignee: maybe(name),
        ticketId: maybe(name),
      }),
    ),
  })
  .map(({ id, ...rest }) => detectionReportSchema.parse({ ...rest, externalId: id, preferredId: id }))

const throughJson = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown

describe('toExtrahop', () => {
  test('gives what the ExtraHop format reads back to the same report', () => {
    fc.assert(
      fc.property(reports, (report) => {
        expect(extrahopFormat.parse(throughJson(toExtrahop(report)))).toEqual(throughJsonDates(report))
      }),
      { numRuns: 500 },
    )
    for (const report of sampleDetections(5, 100, now)) {
      expect(extrahopFormat.parse(throughJson(toExtrahop(report)))).toEqual(report)
    }
  })

  test('writes ids beyond the safe integers as strings', () => {
    const [first] = sampleDetections(1, 1, now)
    expect(first).toBeDefined()
    if (first === undefined) return
    expect(toExtrahop(first)).toMatchObject({
      id: 34_359_738_368,
      participants: [{ object_id: 25_769_803_777 }, {}],
    })
    const large = detectionReportSchema.parse({
      ...first,
      externalId: '9007199254740993',
      preferredId: '9007199254740993',
    })
    expect(toExtrahop(large)['id']).toBe('9007199254740993')
  })
})

describe("Tripline's own format", () => {
  test('reads back what a report is as JSON', () => {
    fc.assert(
      fc.property(reports, (report) => {
        expect(triplineFormat.parse(throughJson(report))).toEqual(throughJsonDates(report))
      }),
    )
  })
})

/** JSON knows no negative zero. */
function throughJsonDates(report: DetectionReport): DetectionReport {
  return { ...report, properties: throughJson(report.properties) as DetectionReport['properties'] }
}
