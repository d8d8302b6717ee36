import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adfToText, isAdfDocument, textToAdf } from '../../src/simulator/adf.ts'

function doc(...content: unknown[]): unknown {
  return { type: 'doc', version: 1, content }
}

function paragraph(...content: unknown[]): unknown {
  return { type: 'paragraph', content }
}

describe('isAdfDocument', () => {
  it.each([
    ['an empty document', doc()],
    ['marks', doc(paragraph({ type: 'text', text: 'x', marks: [{ type: 'strong' }] }))],
    [
      'a list',
      doc({
        type: 'bulletList',
        content: [{ type: 'listItem', content: [paragraph({ type: 'text', text: 'x' })] }],
      }),
    ],
    ['lines of code', doc({ type: 'codeBlock', content: [{ type: 'text', text: 'a\nb' }] })],
  ])('takes %s', (_what, value) => {
    expect(isAdfDocument(value)).toBe(true)
  })

  it.each([
    ['text', 'text'],
    ['another version', { type: 'doc', version: 2, content: [] }],
    ['no content', { type: 'doc', version: 1 }],
    ['text outside a paragraph', doc({ type: 'text', text: 'x' })],
    ['empty text', doc(paragraph({ type: 'text', text: '' }))],
    ['a line break in running text', doc(paragraph({ type: 'text', text: 'a\nb' }))],
    ['an unknown mark', doc(paragraph({ type: 'text', text: 'x', marks: [{ type: 'blink' }] }))],
    ['an unknown node', doc({ type: 'marquee' })],
    ['an item outside a list', doc({ type: 'listItem', content: [] })],
  ])('refuses %s', (_what, value) => {
    expect(isAdfDocument(value)).toBe(false)
  })
})

describe('textToAdf', () => {
  it('makes a document of any text', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', ' ', '\n', '*') })
    fc.assert(
      fc.property(texts, (text) => {
        expect(isAdfDocument(textToAdf(text))).toBe(true)
      }),
    )
  })

  it('keeps lines and paragraphs', () => {
    expect(adfToText(textToAdf('one\ntwo\n\nthree'))).toBe('one\ntwo\n\nthree')
  })
})
