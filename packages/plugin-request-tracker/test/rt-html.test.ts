import { hostileTexts } from '@tripline/adapter-testkit'
import { describe, expect, test } from 'vitest'
import { toHtml } from '../src/rt-html.ts'

describe('HTML', () => {
  test('has the blocks and marks that RT shows', () => {
    expect(
      toHtml([
        { kind: 'heading', text: 'A & B' },
        { kind: 'paragraph', runs: [{ text: 'one\ntwo ' }, { text: 'bold', bold: true }] },
        { kind: 'list', items: [[{ text: 'x', href: 'https://safe.example/?a="b"' }]] },
      ]),
    ).toBe(
      '<h3>A &#38; B</h3>\n<p>one<br>two <strong>bold</strong></p>\n<ul><li><a href="https://safe.example/?a=%22b%22">x</a></li></ul>',
    )
  })

  test('leaves no tag and no address to be found in what a run says', () => {
    for (const text of hostileTexts) {
      const html = toHtml([
        { kind: 'paragraph', runs: [{ text: text.slice(0, 9) }, { text: text.slice(9) }] },
      ])
      expect(html.replaceAll(/<\/?(?:p|span)>|<br>/gu, '')).not.toMatch(/[<>]/u)
      expect(html).not.toContain('://')
    }
  })
})
