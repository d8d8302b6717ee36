import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  detectionFilterSchema,
  forViewer,
  matchesFilter,
  searchTerms,
  searchWords,
  type Detection,
  type DetectionFilter,
} from '../src/index.ts'
import { sampleDetection } from './model/sample-detection.ts'

const holds = (filter: DetectionFilter, detection: Detection): boolean =>
  matchesFilter(detectionFilterSchema.parse(filter), detection)

const tracked = (tracking: Partial<Detection['tracking']>): Detection =>
  sampleDetection({}, { tracking: { ...sampleDetection().tracking, ...tracking } })

const at = (address: string): Detection => sampleDetection({ participants: [{ objectValue: address }] })

describe('A filter', () => {
  test('that asks for nothing holds for everything', () => {
    expect(holds({}, sampleDetection())).toBe(true)
    expect(holds({ statuses: null, assignee: null, ticket: {}, participant: {} }, sampleDetection())).toBe(
      true,
    )
  })

  test('leaves out hidden detections unless it asks for them', () => {
    const [shown, hidden] = [sampleDetection(), sampleDetection({}, { hiddenBy: '7' })]
    const found = (filter: DetectionFilter): readonly boolean[] =>
      [shown, hidden].map((detection) => holds(filter, detection))
    expect(found({})).toEqual([true, false])
    expect(found({ hidden: 'exclude' })).toEqual([true, false])
    expect(found({ hidden: 'include' })).toEqual([true, true])
    expect(found({ hidden: 'only' })).toEqual([false, true])
  })

  test('takes a detection without a recommendation for one that is not recommended', () => {
    expect(holds({ recommended: false }, sampleDetection())).toBe(true)
    expect(holds({ recommended: true }, sampleDetection())).toBe(false)
    expect(holds({ recommended: true }, sampleDetection({ recommended: true }))).toBe(true)
  })

  test('with an empty list holds for nothing', () => {
    for (const filter of [
      { statuses: [] },
      { types: [] },
      { sources: [] },
      { categories: [] },
      { assignee: { anyOf: [] } },
    ])
      expect(holds(filter, sampleDetection())).toBe(false)
  })

  test('holds only if every member holds', () => {
    const detection = tracked({ status: 'closed', assignee: 'ann' })
    expect(holds({ statuses: ['closed'], assignee: { anyOf: ['ann'] } }, detection)).toBe(true)
    expect(holds({ statuses: ['closed'], assignee: { anyOf: ['bob'] } }, detection)).toBe(false)
    expect(holds({ statuses: ['open'], assignee: { anyOf: ['ann'] } }, detection)).toBe(false)
  })

  test('tells statuses and resolutions apart, the missing one included', () => {
    const closed = tracked({ status: 'closed', resolution: 'action_taken' })
    expect(holds({ statuses: ['open', 'closed'] }, closed)).toBe(true)
    expect(holds({ statuses: ['open'] }, closed)).toBe(false)
    expect(holds({ resolutions: ['action_taken'] }, closed)).toBe(true)
    expect(holds({ resolutions: ['none'] }, closed)).toBe(false)
    expect(holds({ resolutions: ['none'] }, sampleDetection())).toBe(true)
  })

  test('finds the assignee by name, as nobody, or either', () => {
    const [ann, nobody] = [tracked({ assignee: 'ann' }), tracked({})]
    const found = (assignee: DetectionFilter['assignee']): readonly boolean[] =>
      [ann, nobody].map((detection) => holds({ assignee }, detection))
    expect(found({ anyOf: ['ann', 'bob'] })).toEqual([true, false])
    expect(found({ none: true })).toEqual([false, true])
    expect(found({ anyOf: ['ann'], none: true })).toEqual([true, true])
    expect(found({ none: false })).toEqual([true, true])
  })

  test('finds the viewer, and nobody before it is known who that is', () => {
    const detection = tracked({ assignee: 'ann' })
    expect(holds(forViewer({ assignee: { me: true } }, 'ann'), detection)).toBe(true)
    expect(holds(forViewer({ assignee: { me: true } }, 'bob'), detection)).toBe(false)
    expect(holds(forViewer({ assignee: { me: true, anyOf: ['ann'] } }, 'bob'), detection)).toBe(true)
    expect(holds({ assignee: { me: true } }, detection)).toBe(false)
    expect(holds({ assignee: { me: true } }, sampleDetection())).toBe(false)
  })

  test('finds the ticket by id, or that there is none', () => {
    expect(holds({ ticket: { anyOf: ['SEC-1'] } }, tracked({ ticketId: 'SEC-1' }))).toBe(true)
    expect(holds({ ticket: { anyOf: ['SEC-1'] } }, tracked({}))).toBe(false)
    expect(holds({ ticket: { none: true } }, tracked({}))).toBe(true)
    expect(holds({ ticket: { none: true } }, tracked({ ticketId: 'SEC-1' }))).toBe(false)
  })

  test('finds type and source exactly', () => {
    const detection = sampleDetection({ type: 'dhcp_rogue' }, { source: 'sensor-a' })
    expect(holds({ types: ['dhcp_rogue'], sources: ['sensor-a'] }, detection)).toBe(true)
    expect(holds({ types: ['dhcp'] }, detection)).toBe(false)
    expect(holds({ sources: ['sensor'] }, detection)).toBe(false)
  })

  test('takes a category or technique for everything below it, and not for what begins alike', () => {
    const detection = sampleDetection({ categories: ['sec.lateral'], mitreTechniques: [{ id: 'T1078.004' }] })
    expect(holds({ categories: ['sec'] }, detection)).toBe(true)
    expect(holds({ categories: ['sec.lateral'] }, detection)).toBe(true)
    expect(holds({ categories: ['sec.lat'] }, detection)).toBe(false)
    expect(holds({ categories: ['sec.lateral.deeper'] }, detection)).toBe(false)
    expect(holds({ mitreTechniques: ['T1078'] }, detection)).toBe(true)
    expect(holds({ mitreTechniques: ['T107'] }, detection)).toBe(false)
    expect(holds({ mitreTechniques: ['T1078.001'] }, detection)).toBe(false)
  })

  test('bounds the risk score on both sides, both included; without a score nothing holds', () => {
    const detection = sampleDetection({ riskScore: 50 })
    expect(holds({ riskScoreMin: 50, riskScoreMax: 50 }, detection)).toBe(true)
    expect(holds({ riskScoreMin: 51 }, detection)).toBe(false)
    expect(holds({ riskScoreMax: 49 }, detection)).toBe(false)
    expect(holds({ riskScoreMin: 0 }, sampleDetection())).toBe(false)
    expect(holds({ riskScoreMax: 99 }, sampleDetection())).toBe(false)
  })

  test.each(['startTime', 'updateTime', 'modTime', 'createTime'] as const)(
    'takes %s from an instant on, until before another',
    (clock) => {
      const [before, instant, after] = [1_000, 2_000, 3_000].map((time) => new Date(time))
      const detection = sampleDetection({}, { [clock]: instant })
      expect(holds({ [clock]: { from: instant, until: after } }, detection)).toBe(true)
      expect(holds({ [clock]: { from: before, until: instant } }, detection)).toBe(false)
      expect(holds({ [clock]: { from: after } }, detection)).toBe(false)
      expect(holds({ [clock]: { until: after } }, detection)).toBe(true)
    },
  )
})

describe('A participant filter', () => {
  test.each([
    ['192.168.6.7', '192.168.6.7', true],
    ['192.168.6.7', '192.168.6.8', false],
    ['192.168.6.0/24', '192.168.6.255', true],
    ['192.168.6.0/24', '192.168.7.0', false],
    ['192.168.6.128/25', '192.168.6.127', false],
    ['192.168.6.7/24', '192.168.6.200', true],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['128.0.0.0/1', '200.1.1.1', true],
    ['192.168.6.7/32', '192.168.6.7', true],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['2001:db8::1', '2001:DB8:0:0:0:0:0:1', true],
    ['::/0', '::1', true],
    ['::1/128', '::1', true],
    ['::ffff:0:0/96', '::ffff:192.0.2.1', true],
    ['::ffff:192.0.2.1', '::ffff:c000:201', true],
    ['192.0.2.1', '::ffff:192.0.2.1', false],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '192.0.2.1', false],
    ['192.0.2.1', 'not an address', false],
  ])('for %s and a participant at %s: %s', (address, objectValue, expected) => {
    expect(holds({ participant: { address } }, at(objectValue))).toBe(expected)
  })

  test('holds for every address of its network, and for the whole of it only', () => {
    const dotted = (bits: number): string => [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.')
    const bits = fc.integer({ min: 0, max: 2 ** 32 - 1 })
    fc.assert(
      fc.property(bits, bits, fc.integer({ min: 0, max: 32 }), (network, address, length) => {
        const shift = BigInt(32 - length)
        const inside = BigInt(network) >> shift === BigInt(address) >> shift
        expect(holds({ participant: { address: `${dotted(network)}/${length}` } }, at(dotted(address)))).toBe(
          inside,
        )
      }),
    )
  })

  test('finds an address however it is written', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const { hostname } = new URL(`http://[${address}]/`)
        expect(holds({ participant: { address: hostname.slice(1, -1) } }, at(address))).toBe(true)
      }),
    )
  })

  test.each(['1.2.3', '1.2.3.4/33', '::/129', 'example.com', '1.2.3.4/', ''])(
    'cannot ask for %j',
    (address) => {
      expect(detectionFilterSchema.safeParse({ participant: { address } }).success).toBe(false)
    },
  )

  test('finds a host name whatever its case, or all names below one', () => {
    const detection = sampleDetection({ participants: [{ hostname: 'DB.Example.com' }] })
    const found = (hostname: string): boolean => holds({ participant: { hostname } }, detection)
    expect(found('db.example.COM')).toBe(true)
    expect(found('*.example.com')).toBe(true)
    expect(found('*.db.example.com')).toBe(false)
    expect(found('*.ample.com')).toBe(false)
    expect(found('db')).toBe(false)
  })
})

describe('Free text', () => {
  const detection = sampleDetection({
    title: 'Rogue DHCP server',
    description: 'Answers\n\tleases',
    participants: [
      { hostname: 'db.example', username: 'Ann', usernames: ['svc-backup'], objectValue: '192.0.2.7' },
    ],
  })

  test.each([
    'rogue',
    'DHCP rogue',
    'dhcp_ro',
    'sensor-1',
    'DB.EXAMPLE',
    '192.0.2',
    'ann',
    'svc-backup',
    'leases',
    '',
  ])('finds %j', (text) => {
    expect(holds({ text }, detection)).toBe(true)
  })

  test('needs every word', () => {
    expect(holds({ text: 'rogue printer' }, detection)).toBe(false)
    expect(searchWords(' Rogue  DHCP rogue ')).toEqual(['rogue', 'dhcp'])
  })

  test('looks at the beginning of a long description only', () => {
    const long = sampleDetection({ description: `first ${'x '.repeat(5_000)} last` })
    expect(holds({ text: 'first' }, long)).toBe(true)
    expect(holds({ text: 'last' }, long)).toBe(false)
    expect(searchTerms(long).text.length).toBeLessThan(2_200)
  })

  test('gives terms that can be stored, wherever a description is cut', () => {
    const terms = searchTerms(sampleDetection({ description: `${'x'.repeat(1_999)}😀` }))
    expect(terms.text.isWellFormed()).toBe(true)
  })
})
