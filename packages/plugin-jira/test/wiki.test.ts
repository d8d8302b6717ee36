import type { RichText } from '@tripline/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { escapeWiki, toWiki } from '../src/wiki.ts'
import { arbitraryDocument } from './arbitrary-document.ts'
import { shownWiki } from './shown-wiki.ts'

const anyLink = /^https?:\/\//u

describe('toWiki', () => {
  test('writes headings, paragraphs, lists and marks', () => {
    const document: RichText = [
      { kind: 'heading', text: 'Seen\nhere' },
      {
        kind: 'paragraph',
        runs: [
          { text: 'The host ' },
          { text: ' web 1 ', bold: true },
          { text: 'ran\n' },
          { text: 'cmd.exe /c', code: true },
          { text: ', see ' },
          { text: 'this', href: 'https://x.example/a_b?c=[d]|{e}!' },
        ],
      },
      { kind: 'list', items: [[{ text: 'one\ntwo' }], [{ text: 'three' }]] },
    ]
    expect(toWiki(document)).toBe(
      [
        'h3. Seen here',
        'The host  {*}web 1{*} ran\n{{cmd.exe /c}}, see [this|https://x.example/a_b?c=%5Bd%5D%7C%7Be%7D%21]',
        '* one two\n* three',
      ].join('\n\n'),
    )
  })

  test('leaves nothing for the renderer to do in any text', () => {
    fc.assert(
      fc.property(arbitraryDocument, (document) => {
        expect(shownWiki(toWiki(document), anyLink).active).toEqual([])
      }),
      { numRuns: 500 },
    )
  })
})

describe('escapeWiki', () => {
  test.each([
    ['[~admin]', String.raw`\[\~admin\]`],
    ['{code}', String.raw`\{code\}`],
    ['!x.png!', String.raw`\!x.png\!`],
    [String.raw`C:\Temp`, 'C&#58;&#92;Temp'],
    ['https://x.example', 'https&#58;//x.example'],
    ['h1. x', 'h1&#46; x'],
    ['a &#91; b', String.raw`a &amp;\#91; b`],
    ['AT&T & co', 'AT&amp;T & co'],
    ['plain text, (really): 5 < 6.', 'plain text, (really): 5 < 6.'],
  ])('escapes %j', (text, escaped) => {
    expect(escapeWiki(text)).toBe(escaped)
  })

  test('loses and adds nothing that people see', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        // Lists and headings are markup of ours, which the reader takes off.
        const line = `x${text.replaceAll(/\p{C}/gu, '')}`
        expect(shownWiki(escapeWiki(line), anyLink)).toEqual({ text: line, active: [] })
      }),
      { numRuns: 1_000 },
    )
  })
})
