import { plainText, type RichText } from '@tripline/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { adfText, toAdf } from '../src/adf.ts'
import { isAdfDocument } from '../src/simulator/index.ts'
import { arbitraryDocument } from './arbitrary-document.ts'

const paragraph = (...runs: object[]) => ({ type: 'paragraph', content: runs })

describe('toAdf', () => {
  test('writes headings, paragraphs, lists and marks', () => {
    const document: RichText = [
      { kind: 'heading', text: 'Seen\nhere' },
      {
        kind: 'paragraph',
        runs: [
          { text: 'a\nb' },
          { text: 'c', bold: true },
          { text: 'd', code: true, bold: true },
          { text: 'e', href: 'https://x.example/' },
        ],
      },
      { kind: 'list', items: [[{ text: 'one' }]] },
      { kind: 'list', items: [] },
    ]
    const link = { type: 'link', attrs: { href: 'https://x.example/' } }
    expect(toAdf(document)['content']).toEqual([
      { type: 'heading', attrs: { level: 3 }, content: [{ type: 'text', text: 'Seen here' }] },
      paragraph(
        { type: 'text', text: 'a' },
        { type: 'hardBreak' },
        { type: 'text', text: 'b' },
        { type: 'text', text: 'c', marks: [{ type: 'strong' }] },
        { type: 'text', text: 'd', marks: [{ type: 'code' }] },
        { type: 'text', text: 'e', marks: [link] },
      ),
      {
        type: 'bulletList',
        content: [{ type: 'listItem', content: [paragraph({ type: 'text', text: 'one' })] }],
      },
      { type: 'bulletList', content: [{ type: 'listItem', content: [paragraph()] }] },
    ])
  })

  test('never makes an invalid document', () => {
    fc.assert(
      fc.property(arbitraryDocument, (document) => {
        expect(isAdfDocument(toAdf(document))).toBe(true)
      }),
    )
  })
})

describe('adfText', () => {
  test("reads what was written as the document's plain text", () => {
    fc.assert(
      fc.property(arbitraryDocument, (document) => {
        expect(adfText(toAdf(document))).toBe(plainText(document).trimEnd())
      }),
    )
  })

  test('does not mind what Jira adds', () => {
    const written = { type: 'doc', version: 1, content: [paragraph({ type: 'text', text: 'a' })] }
    const returned = {
      type: 'doc',
      version: 1,
      content: [{ ...paragraph({ type: 'text', text: 'a' }), attrs: { localId: 'f00' } }],
    }
    expect(adfText(returned)).toBe(adfText(written))
  })

  test('notices where a link leads, and reads nodes that we never write', () => {
    const link = (href: string) => ({ type: 'text', text: 'a', marks: [{ type: 'link', attrs: { href } }] })
    const text = (...content: object[]) => adfText({ type: 'doc', content })
    expect(text(paragraph(link('https://a.example/')))).not.toBe(text(paragraph(link('https://b.example/'))))
    expect(
      text(
        { type: 'panel', content: [paragraph({ type: 'mention', attrs: { id: '1', text: '@Maria' } })] },
        { type: 'codeBlock', content: [{ type: 'text', text: 'x\ny' }] },
        { type: 'rule' },
        {
          type: 'orderedList',
          content: [
            { type: 'listItem', content: [paragraph({ type: 'emoji', attrs: { shortName: ':+1:' } })] },
          ],
        },
      ),
    ).toBe('@Maria\n\nx\ny\n\n\n\n- :+1:')
    for (const broken of [null, 'text', 7, {}, { content: [null, 7, { content: 'x' }] }]) {
      expect(typeof adfText(broken)).toBe('string')
    }
  })
})
