import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  cleanLabels,
  fitDocument,
  fromMarkdown,
  plainText,
  renderWithin,
  singleLine,
  visiblePlainText,
  visibleText,
  type RichText,
  type TextRun,
} from '../src/index.ts'
import { anyText } from './model/any-text.ts'

function runsOf(document: RichText): readonly TextRun[] {
  return document.flatMap((block) => {
    switch (block.kind) {
      case 'heading':
        return [{ text: block.text }]
      case 'paragraph':
        return block.runs
      case 'list':
        return block.items.flat()
    }
  })
}

const markdown = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '[',
        ']',
        '](',
        ')',
        '**',
        '`',
        '# ',
        '- ',
        '\n',
        '\n\n',
        'http://a',
        'https:',
        '//b',
        ' ',
      ),
      fc.constantFrom(
        'javascript:',
        'JAVASCRIPT:',
        'java\u0000script:',
        'data:x',
        'file:///',
        '\u202e',
        '&#58;',
        '\\',
      ),
      anyText(5),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''))

describe('Markdown', () => {
  test('never yields a link that is not an absolute http or https address', () => {
    const withLinks = fc
      .tuple(markdown, markdown, markdown)
      .map(([text, href, more]) => `${text} [x](${href.replaceAll(/[()\s]/gu, '')}) ${more}`)
    fc.assert(
      fc.property(fc.oneof(markdown, withLinks), (source) => {
        for (const { href } of runsOf(fromMarkdown(source))) {
          if (href === undefined) continue
          expect(href).toMatch(/^https?:\/\//i)
          expect(['http:', 'https:']).toContain(new URL(href).protocol)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([
    'javascript:alert(1)',
    'JavaScript:alert`1`',
    'java\u0000script:x',
    '\u200bjavascript:x',
    'data:text/html,x',
    'vbscript:x',
    '//evil.example',
    '/relative',
    'https:evil.example',
    'https:\\\\evil.example',
    'https://',
    'mailto:a@b.example',
  ])('gives %s no link', (href) => {
    expect(runsOf(fromMarkdown(`[press](${href})`)).every((run) => run.href === undefined)).toBe(true)
  })

  test('keeps every visible character of a text without markup', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z ,.:]{1,20}$/), { maxLength: 5 }), (lines) => {
        const text = lines.join('\n').trim()
        const paragraphs = text.split(/\n *\n/u).map((part) => part.trim())
        expect(plainText(fromMarkdown(text))).toBe(paragraphs.filter((part) => part !== '').join('\n\n'))
      }),
    )
  })

  test('reads paragraphs, lists, headings, bold, code and links', () => {
    expect(
      fromMarkdown('# Title\nSee **this** and `that`.\n- one\n* [two](https://t.example/2)\n\nEnd'),
    ).toEqual([
      { kind: 'heading', text: 'Title' },
      {
        kind: 'paragraph',
        runs: [
          { text: 'See ' },
          { text: 'this', bold: true },
          { text: ' and ' },
          { text: 'that', code: true },
          { text: '.' },
        ],
      },
      { kind: 'list', items: [[{ text: 'one' }], [{ text: 'two', href: 'https://t.example/2' }]] },
      { kind: 'paragraph', runs: [{ text: 'End' }] },
    ])
  })

  test.each([
    ['a list item', `- ${' '.repeat(100_000)}a\u2028b`],
    ['a heading', `# ${' '.repeat(100_000)}a\u2028b`],
    ['brackets', '['.repeat(100_000)],
    ['stars', '**a'.repeat(50_000)],
    ['empty lines', '\n \t'.repeat(50_000)],
  ])('is read in linear time: %s', (_, source) => {
    const start = performance.now()
    fromMarkdown(source)
    expect(performance.now() - start).toBeLessThan(2_000)
  })
})

describe('Visible text', () => {
  test('has no control characters, direction overrides, zero-width spaces or tags', () => {
    expect(visibleText('a\u0000\u001b[31m\u202e\u200b\ufeff\u{e0041}b')).toBe('a[31mb')
  })

  test('has no tag made from halves with something hidden between them', () => {
    expect(visibleText('\uDB40\u200B\uDC41')).toBe('\uFFFD\uFFFD')
  })

  test('keeps tabs, line feeds and the joiners that scripts and emoji need', () => {
    const family = '👨\u200d👩\u200d👧'
    expect(visibleText(`a\tb\r\nc ${family} نمی\u200cخواهم`)).toBe(`a\tb\nc ${family} نمی\u200cخواهم`)
  })

  test('is well-formed, and the same when made visible again', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        const visible = visibleText(text)
        expect(visible.isWellFormed()).toBe(true)
        expect(visibleText(visible)).toBe(visible)
        expect(visible).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/)
      }),
    )
  })
})

describe('A single line', () => {
  test('is one line within its bound, never cut inside a character', () => {
    fc.assert(
      fc.property(anyText(40), fc.integer({ min: 1, max: 20 }), (text, bound) => {
        const line = singleLine(text, bound)
        expect(line.length).toBeLessThanOrEqual(bound)
        expect(line).not.toMatch(/[\n\r\u2028]/)
        expect(line.isWellFormed()).toBe(true)
      }),
    )
    expect(singleLine('ab😀cd', 4)).toBe('ab…')
  })
})

describe('Fitting a document', () => {
  const runs = fc.array(fc.record({ text: fc.string({ maxLength: 60 }) }), { maxLength: 3 })
  const documents: fc.Arbitrary<RichText> = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('paragraph' as const), runs }),
      fc.record({ kind: fc.constant('heading' as const), text: fc.string({ maxLength: 40 }) }),
      fc.record({ kind: fc.constant('list' as const), items: fc.array(runs, { maxLength: 3 }) }),
    ),
    { maxLength: 15 },
  )
  const measures = [
    (document: RichText) => plainText(document).length,
    (document: RichText) => Buffer.byteLength(plainText(document)),
    // Escaping makes some characters six times as long.
    (document: RichText) => plainText(document).replaceAll(/[<>&"*_]/gu, '&#038;').length,
  ]

  test('measures within the bound, in whatever unit', () => {
    fc.assert(
      fc.property(documents, fc.nat(700), fc.constantFrom(...measures), (document, bound, measure) => {
        expect(measure(fitDocument(document, bound, measure))).toBeLessThanOrEqual(bound)
      }),
      { numRuns: 2_000 },
    )
  })

  test('leaves a document that fits as it is', () => {
    fc.assert(
      fc.property(documents, fc.constantFrom(...measures), (document, measure) => {
        expect(fitDocument(document, measure(document), measure)).toBe(document)
      }),
    )
  })

  test('says how many paragraphs are left out, after as many as fit', () => {
    const document = fromMarkdown(
      Array.from({ length: 9 }, (_, index) => `paragraph ${index} ${'x'.repeat(80)}`).join('\n\n'),
    )
    const fitted = fitDocument(document, 400, (each) => plainText(each).length)
    expect(fitted.slice(0, -1)).toEqual(document.slice(0, 3))
    expect(plainText(fitted)).toMatch(/… 6 more paragraphs are left out here/)
  })

  test('cuts a first paragraph that alone is too long', () => {
    const fitted = plainText(
      fitDocument(fromMarkdown('x'.repeat(5_000)), 300, (each) => plainText(each).length),
    )
    expect(fitted).toMatch(/^x{150,} …/)
    expect(fitted.length).toBeGreaterThan(290)
  })
})

test('Rendering within a limit counts what is sent, in the unit that is asked for', () => {
  const document: RichText = [
    { kind: 'paragraph', runs: [{ text: 'ä'.repeat(80) }] },
    { kind: 'paragraph', runs: [{ text: 'b'.repeat(500) }] },
  ]
  const bytesOf = (text: string): number => Buffer.byteLength(text)
  const byUnits = renderWithin(document, 180, plainText)
  const byBytes = renderWithin(document, 180, plainText, bytesOf)
  expect(byUnits).toContain('ä'.repeat(80))
  expect(byBytes).not.toContain('ä'.repeat(80))
  expect([byUnits.length <= 180, bytesOf(byBytes) <= 180]).toEqual([true, true])
  expect(renderWithin(document, 1_000, plainText)).toBe(plainText(document))
})

test('Visible plain text writes out addresses of the web only, and hides nothing', () => {
  const runs = [
    { text: 'here', href: 'https://x.example/' },
    { text: ' there\u202e', href: 'javascript:alert(1)' },
  ]
  expect(visiblePlainText([{ kind: 'paragraph', runs }])).toBe('here <https://x.example/> there')
})

test('Labels are one-line texts, none of them empty or twice', () => {
  expect(cleanLabels(['b', ' a\nb ', '', ' ', 'b', 'x'.repeat(9)], 5)).toEqual(['a b', 'b', 'xxxx…'])
})
