import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toLongId } from '../src/record-id.ts'
import { parseSoql } from '../src/simulator/soql.ts'
import { instant, quoted } from '../src/soql.ts'

describe('toLongId', () => {
  test.each([
    // Ids of the vendor's documentation.
    ['001D000000IRFmaIAH'],
    ['5003000000D8cuIAAR'],
    ['00D300000000XO8EAM'],
  ])('finds the end of %s', (id) => {
    expect(toLongId(id.slice(0, 15))).toBe(id)
    expect(toLongId(id)).toBe(id)
    expect(toLongId(id.slice(0, 15) + id.slice(15).toLowerCase())).toBe(id)
  })

  test.each([
    [''],
    ['500'],
    ['5003000000D8cuIAA'],
    ['5003000000D8cuIAAA'],
    ['5003000000D8cu/'],
    ['5003000000D8cuIAAR0'],
  ])('takes %j for no id', (value) => {
    expect(toLongId(value)).toBeNull()
  })
})

describe('quoted', () => {
  test('is read back as the same text, whatever is in it', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[\\'"\n\r\tORx=]*$/u))
    fc.assert(
      fc.property(text, (value) => {
        const { where } = parseSoql(`SELECT Id FROM Case WHERE Subject = ${quoted(value)}`)
        expect(where).toMatchObject({ values: [{ kind: 'text', value }] })
      }),
    )
  })
})

describe('instant', () => {
  test('is of whole seconds, which Salesforce keeps', () => {
    expect(instant(new Date('2026-11-24T07:44:28.999Z'))).toBe('2026-11-24T07:44:28Z')
  })
})
