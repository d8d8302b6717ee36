import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  hidesDetection,
  InvalidInput,
  isInForce,
  parseHidingRule,
  type DetectionReportInput,
  type HidingRule,
} from '../src/index.ts'
import { sampleDetection } from './model/sample-detection.ts'

const contains = (pattern: string, text: string): boolean => text.includes(pattern)

function hides(rule: object, report: Partial<DetectionReportInput>): boolean {
  const parsed = parseHidingRule({ detectionTypes: ['dhcp_rogue'], ...rule })
  return hidesDetection(parsed, sampleDetection(report), contains)
}

const offender = (members: object): Partial<DetectionReportInput> => ({
  participants: [{ role: 'offender', ...members }],
})

describe('A hiding rule', () => {
  test('is about its types, and about no others', () => {
    expect(hides({}, {})).toBe(true)
    expect(hides({ detectionTypes: ['other'] }, {})).toBe(false)
    expect(hides({ detectionTypes: ['other', 'dhcp_rogue'] }, {})).toBe(true)
  })

  test.each([
    ['all_security', ['sec.lateral'], true],
    ['all_security', ['sec'], true],
    ['all_security', ['security'], false],
    ['all_security', [], false],
    ['all_performance', ['perf.db'], true],
    ['all_performance', ['sec'], false],
  ])('of %s hides categories %j: %s', (type, categories, expected) => {
    expect(hides({ detectionTypes: [type] }, { categories })).toBe(expected)
  })

  test.each([
    [{ kind: 'device', objectId: '12' }, { objectType: 'device', objectId: '12' }, true],
    [{ kind: 'device', objectId: '12' }, { objectType: 'application', objectId: '12' }, false],
    [{ kind: 'address', addresses: ['10.0.0.0/8'] }, { objectValue: '10.1.2.3' }, true],
    [{ kind: 'address', addresses: ['192.0.2.1', '2001:db8::/32'] }, { objectValue: '2001:db8::9' }, true],
    [{ kind: 'address', addresses: ['10.0.0.0/8'] }, { objectValue: '11.1.2.3' }, false],
    [{ kind: 'address', addresses: ['10.0.0.0/8'] }, {}, false],
    [{ kind: 'hostname', hostnames: ['Scanner.example.com'] }, { hostname: 'SCANNER.example.com' }, true],
    [{ kind: 'hostname', hostnames: ['*.example.com'] }, { hostname: 'a.example.com' }, true],
    [{ kind: 'hostname', hostnames: ['*.example.com'] }, { hostname: 'example.com' }, false],
    [{ kind: 'locality', locality: 'external' }, { external: true }, true],
    [{ kind: 'locality', locality: 'external' }, {}, false],
    [{ kind: 'locality', locality: 'internal' }, {}, true],
    [{ kind: 'scanner', scanners: ['Qualys'] }, { scannerService: 'qualys' }, true],
    [{ kind: 'scanner', scanners: ['Qualys'] }, { scannerService: 'other' }, false],
    [{ kind: 'scanner', scanners: null }, { scannerService: 'other' }, true],
    [{ kind: 'scanner', scanners: null }, {}, false],
  ])('about the offender %j and one that is %j: %s', (wanted, members, expected) => {
    expect(hides({ offender: wanted }, offender(members))).toBe(expected)
  })

  test('about an offender needs one, and means every one', () => {
    const wanted = { offender: { kind: 'hostname', hostnames: ['scanner'] } }
    const scanner = { role: 'offender', hostname: 'scanner' } as const
    const other = { role: 'offender', hostname: 'other' } as const
    expect(hides(wanted, {})).toBe(false)
    expect(hides(wanted, { participants: [scanner, { role: 'victim', hostname: 'x' }] })).toBe(true)
    expect(hides(wanted, { participants: [scanner, other] })).toBe(false)
    expect(hides({ victim: wanted.offender }, { participants: [scanner] })).toBe(false)
  })

  test.each([
    ['=', 'x', true],
    ['=', 'y', false],
    ['!=', 'y', true],
    ['!=', 'x', false],
    ['~', 'x', true],
    ['!~', 'y', true],
    ['in', ['y', 'x'], true],
    ['in', 'x', true],
    ['in', ['y'], false],
  ])('with a property %s %j: %s', (operator, operand, expected) => {
    expect(hides({ properties: [{ property: 'p', operator, operand }] }, { properties: { p: 'x' } })).toBe(
      expected,
    )
  })

  test('compares numbers, booleans, lists and networks', () => {
    const properties = { port: 443, tls: true, names: ['a', 'b'], peer: '10.1.2.3' }
    const holds = (property: string, operand: unknown, operator = '='): boolean =>
      hides({ properties: [{ property, operator, operand }] }, { properties })
    expect([holds('port', 443), holds('port', '443'), holds('port', 80)]).toEqual([true, true, false])
    expect([holds('tls', true), holds('tls', 'false')]).toEqual([true, false])
    expect([holds('names', 'b'), holds('names', 'b', '!='), holds('names', 'c', '!=')]).toEqual([
      true,
      false,
      true,
    ])
    expect([holds('peer', '10.0.0.0/8', 'in'), holds('peer', '10.0.0.0/99'), holds('peer', 'a/b')]).toEqual([
      true,
      false,
      false,
    ])
  })

  test('never holds for a property that is absent, whatever its name', () => {
    for (const property of ['p', '__proto__', 'constructor', 'toString'])
      for (const operator of ['=', '!=', '~', '!~', 'in'])
        expect(hides({ properties: [{ property, operator, operand: 'x' }] }, { properties: {} })).toBe(false)
  })

  test('is in force while it is enabled and has not expired', () => {
    const now = new Date('2026-11-20T12:00:00Z')
    const later = new Date('2026-11-20T12:00:01Z')
    expect(isInForce({ enabled: true, expiresAt: null }, now)).toBe(true)
    expect(isInForce({ enabled: false, expiresAt: null }, now)).toBe(false)
    expect(isInForce({ enabled: true, expiresAt: later }, now)).toBe(true)
    expect(isInForce({ enabled: true, expiresAt: now }, now)).toBe(false)
  })

  test.each([
    [{}, 'detectionTypes'],
    [{ detectionTypes: [] }, 'detectionTypes'],
    [{ detectionTypes: ['x'], offender: { kind: 'address', addresses: ['10.0.0'] } }, 'offender'],
    [{ detectionTypes: ['x'], offender: { kind: 'group' } }, 'offender'],
    [{ detectionTypes: ['x'], properties: [{ property: 'p', operator: '~', operand: 1 }] }, 'properties'],
    [{ detectionTypes: ['x'], properties: [{ property: 'p', operator: '=', operand: ['a'] }] }, 'properties'],
    [{ detectionTypes: ['x'], properties: [{ property: 'p', operator: '>', operand: 1 }] }, 'properties'],
  ])('that is %j is refused because of %s', (rule, path) => {
    let error: unknown
    try {
      parseHidingRule(rule)
    } catch (caught) {
      error = caught
    }
    expect(error).toBeInstanceOf(InvalidInput)
    expect((error as InvalidInput).issues[0]?.path).toMatch(new RegExp(`^${path}`, 'u'))
  })

  test('is read back from JSON as it was', () => {
    const text = fc.string({ minLength: 1 }).filter((value) => value.trim() !== '' && !value.includes('\0'))
    const rule = fc.record({
      detectionTypes: fc.array(text, { minLength: 1, maxLength: 3 }),
      properties: fc.array(
        fc.record({
          property: text,
          operator: fc.constantFrom('=', '!='),
          operand: fc.oneof(text, fc.integer()),
        }),
        { maxLength: 2 },
      ),
    })
    fc.assert(
      fc.property(rule, (value) => {
        const parsed: HidingRule = parseHidingRule(value)
        expect(parseHidingRule(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed)
      }),
    )
  })
})
