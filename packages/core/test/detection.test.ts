import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { detectionReportSchema } from '../src/index.ts'
import { anyText } from './model/any-text.ts'
import { leastReport } from './model/sample-detection.ts'

const parse = (report: object) => detectionReportSchema.parse({ ...leastReport, ...report })
const accepts = (report: object): boolean =>
  detectionReportSchema.safeParse({ ...leastReport, ...report }).success

describe('A report of a detection', () => {
  test('needs an external id, a title, a type and a start; all else has a default', () => {
    const startTime = new Date('2026-03-01T10:00:00Z')
    expect(parse({})).toEqual({
      externalId: 'sensor-1',
      preferredId: null,
      title: 'Rogue DHCP server',
      description: null,
      type: 'dhcp_rogue',
      categories: [],
      riskScore: null,
      startTime,
      endTime: null,
      createTime: null,
      updateTime: startTime,
      participants: [],
      properties: {},
      mitreTactics: [],
      mitreTechniques: [],
      applianceId: null,
      isUserCreated: false,
      recommended: null,
      recommendedFactors: [],
      url: null,
      tracking: null,
    })
    for (const name of Object.keys(leastReport)) expect(accepts({ [name]: undefined })).toBe(false)
  })

  test('takes the end, else the start, for an update time that is absent', () => {
    const endTime = new Date('2026-03-02T00:00:00Z')
    const updateTime = new Date('2026-03-03T00:00:00Z')
    expect(parse({ endTime }).updateTime).toEqual(endTime)
    expect(parse({ endTime, updateTime }).updateTime).toEqual(updateTime)
  })

  test('fills in what a participant leaves out', () => {
    expect(parse({ participants: [{ role: 'victim', external: null }] }).participants).toEqual([
      {
        id: null,
        role: 'victim',
        objectType: null,
        objectId: null,
        objectValue: null,
        hostname: null,
        external: false,
        endpoint: null,
        username: null,
        scannerService: null,
        usernames: [],
        origins: [],
      },
    ])
  })

  test('drops repeated categories and keeps their order', () => {
    expect(parse({ categories: ['sec.b', 'sec', 'sec.b'] }).categories).toEqual(['sec.b', 'sec'])
  })

  test.each([1, 99, null])('has a risk score such as %s', (riskScore) => {
    expect(parse({ riskScore }).riskScore).toBe(riskScore)
  })

  test.each([0, 100, 1.5, '50'])('has no risk score such as %j', (riskScore) => {
    expect(accepts({ riskScore })).toBe(false)
  })
})

describe('The texts of a report', () => {
  test('carry neither NUL nor lone surrogates, wherever they are', () => {
    const { title, description, properties, participants } = parse({
      title: 'a\u0000b\uD800',
      description: '\u0000',
      properties: { 'k\u0000ey': ['x\u0000', { deep: '\uDC00' }] },
      participants: [{ hostname: 'h\u0000ost', usernames: ['u\u0000'] }],
    })
    expect(title).toBe('ab\uFFFD')
    expect(description).toBe('')
    expect(properties).toEqual({ key: ['x', { deep: '\uFFFD' }] })
    expect(participants[0]).toMatchObject({ hostname: 'host', usernames: ['u'] })
  })

  test('can always be stored: no NUL, well-formed, whatever came in', () => {
    fc.assert(
      fc.property(
        anyText(),
        fc.array(fc.dictionary(anyText(5), anyText(5), { noNullPrototype: true }), { maxLength: 3 }),
        (text, value) => {
          const report = parse({ description: text, properties: { value, [text]: text } })
          const json = JSON.stringify([report.description, report.properties])
          expect(json).not.toMatch(/\\u0000/)
          expect(json.isWellFormed()).toBe(true)
          expect(json).not.toMatch(/\\ud[89a-f]/i)
        },
      ),
    )
  })

  test('are refused when nothing is left of a name', () => {
    expect(accepts({ title: '\u0000\u0000' })).toBe(false)
    expect(accepts({ type: '   ' })).toBe(false)
  })

  test('have bounds', () => {
    expect(accepts({ title: 'x'.repeat(1_000) })).toBe(true)
    expect(accepts({ title: 'x'.repeat(1_001) })).toBe(false)
    expect(accepts({ participants: Array.from({ length: 1_001 }, () => ({})) })).toBe(false)
  })

  test('are refused in properties nested beyond any use, without exhausting the stack', () => {
    const bomb: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)
    expect(accepts({ properties: { bomb } })).toBe(false)
  })
})

describe('The instants of a report', () => {
  test('are Dates, ISO 8601 with a zone, or milliseconds', () => {
    const instant = new Date('2026-03-01T10:00:00.250Z')
    for (const startTime of [instant, '2026-03-01T11:00:00.250+01:00', instant.getTime()])
      expect(parse({ startTime }).startTime).toEqual(instant)
  })

  test.each([
    -1,
    Date.UTC(10_000, 0, 1),
    1.5,
    1e18,
    Number.NaN,
    new Date(Number.NaN),
    '1969-12-31T23:59:59Z',
    '2026-03-01T10:00:00',
    '2026-03-01',
    '2026-02-30T00:00:00Z',
    'yesterday',
    '',
  ])('are not %s', (startTime) => {
    expect(accepts({ startTime })).toBe(false)
  })

  test('reach from 1970 to 9999', () => {
    expect(accepts({ startTime: 0 })).toBe(true)
    expect(accepts({ startTime: '9999-12-31T23:59:59.999Z' })).toBe(true)
  })
})

describe('The tracking state of a report', () => {
  test('keeps a resolution only when it is closed', () => {
    const resolution = 'action_taken'
    expect(parse({ tracking: { status: 'closed', resolution } }).tracking).toMatchObject({ resolution })
    expect(parse({ tracking: { status: 'in_progress', resolution } }).tracking).toMatchObject({
      status: 'in_progress',
      resolution: null,
    })
  })

  test('is open and of nobody when it says nothing', () => {
    expect(parse({ tracking: {} }).tracking).toEqual({
      status: 'open',
      resolution: null,
      assignee: null,
      ticketId: null,
    })
  })
})
