import type { Block, RichText, TextRun } from '@tripline/core'
import fc from 'fast-check'

const word = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12 }),
  fc.constantFrom(
    '{code}',
    '[~admin]',
    '!x.png!',
    '\\',
    '&#91;',
    'h1. ',
    '* ',
    'https://x.example/',
    '--',
    ':)',
  ),
)
// Line breaks between words, where they are kept, and visible characters only: documents are made of visible text.
const line = fc.array(word, { maxLength: 4 }).map((words) => words.join(' ').replaceAll(/\p{C}/gu, ''))
const text = fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n'))
const href = fc.webUrl({ withQueryParameters: true, withFragments: true })

const runOf = (value: fc.Arbitrary<string>): fc.Arbitrary<TextRun> =>
  fc.oneof(
    value.map((run): TextRun => ({ text: run })),
    value.map((run): TextRun => ({ text: run, bold: true })),
    value.map((run): TextRun => ({ text: run, code: true })),
    fc
      .tuple(
        line.filter((run) => run !== ''),
        href,
      )
      .map(([run, address]): TextRun => ({ text: run, href: address })),
  )

const block: fc.Arbitrary<Block> = fc.oneof(
  line.map((heading): Block => ({ kind: 'heading', text: heading })),
  fc.array(runOf(text), { maxLength: 4 }).map((runs): Block => ({ kind: 'paragraph', runs })),
  fc
    .array(fc.array(runOf(line), { maxLength: 3 }), { minLength: 1, maxLength: 3 })
    .map((items): Block => ({ kind: 'list', items })),
)

/** Documents with everything that can be in one, markup of every kind in their texts included. */
export const arbitraryDocument: fc.Arbitrary<RichText> = fc.array(block, { maxLength: 5 })
