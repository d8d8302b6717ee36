import type { RichText } from '@tripline/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toDescription, toSummary } from '../src/incident-mapping.ts'
import { journalText, plainIncidentText, withoutMarkup, writtenText } from '../src/incident-text.ts'
import { serviceNowSettings } from './servicenow-world.ts'

const settings = serviceNowSettings('https://acme.service-now.com')

const pieces = fc.constantFrom(
  '[',
  ']',
  '/',
  'code',
  'CODE',
  '\u200B',
  '\u202E',
  '@',
  '\n',
  ' ',
  'x',
  '<b>',
  '😀',
)
const hostile = fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(''))

describe('a text', () => {
  test('has no tag left, however it is put together, and is made harmless once', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const harmless = withoutMarkup(text)
        expect(harmless).not.toMatch(/\[\/?code\b/iu)
        expect(withoutMarkup(harmless)).toBe(harmless)
      }),
    )
  })

  test('has no tag that lies across two runs', () => {
    const document: RichText = [
      { kind: 'paragraph', runs: [{ text: '[co' }, { text: 'de]<script>', bold: true }] },
    ]
    expect(plainIncidentText(document)).toBe('[ code]<script>')
  })

  test('calls nobody from a journal, and is left as it is in a description', () => {
    const document: RichText = [{ kind: 'paragraph', runs: [{ text: '@[Maria Lindqvist] look' }] }]
    expect(journalText(document)).toBe('@ [Maria Lindqvist] look')
    expect(plainIncidentText(document)).toBe('@[Maria Lindqvist] look')
  })

  test('has no tag left where it is cut', () => {
    const summary = `${'x'.repeat(154)}[codes] and more`
    expect(toSummary(summary, settings)).not.toMatch(/\[\/?code\b/iu)
  })

  test('fits its column, and is read as it was written', () => {
    const document = fc.array(
      fc.record({
        kind: fc.constant('paragraph' as const),
        runs: fc.array(
          fc.record({ text: fc.array(hostile, { maxLength: 60 }).map((parts) => parts.join('')) }),
        ),
      }),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(document, hostile, (description, summary) => {
        const text = toDescription(description, settings)
        expect(text.length).toBeLessThanOrEqual(4_000)
        expect(writtenText(text.replaceAll('\n', '\r\n'))).toBe(text)
        const line = toSummary(summary.repeat(10), settings)
        expect(line.length).toBeLessThanOrEqual(160)
        expect(line).not.toMatch(/\n|\[\/?code\b/iu)
        expect(writtenText(line)).toBe(line)
        expect(line).not.toBe('')
      }),
      { numRuns: 50 },
    )
  })
})
