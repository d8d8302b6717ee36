import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

const example = new URL('..', import.meta.url)
const guide = await readFile(new URL('../../docs/writing-an-adapter.md', example), 'utf8')
const quotes = [
  ...guide.matchAll(/<!-- (?<file>\S+\.(?:ts|json)) -->\s*```\w+\n(?<text>[\s\S]*?)^```$/gmu),
].map(({ groups }) => ({ file: groups?.['file'] ?? '', text: groups?.['text'] ?? '' }))

test.for(quotes.map((quote, index) => [index + 1, quote.file, quote] as const))(
  'quote %d stands in %s',
  async ([, file, { text }]) => {
    const source = await readFile(new URL(file, example), 'utf8')
    // What is inside of something stands further to the left in the guide.
    const wanted = [0, 2, 4, 6, 8].map((width) => text.replaceAll(/^(?=.)/gmu, ' '.repeat(width)))
    expect(wanted.some((each) => source.includes(each)) ? text : source).toBe(text)
  },
)

test('the guide says how much code it is', async () => {
  const folder = new URL('src/', example)
  const sources = await Promise.all(
    (await readdir(folder)).map((file) => readFile(new URL(file, folder), 'utf8')),
  )
  const all = sources.flatMap((text) => text.trimEnd().split('\n'))
  const code = sources
    .flatMap((text) => text.replaceAll(/^import [^']+'[^']+'$/gmu, '').split('\n'))
    .filter((line) => !/^\s*(?:$|\/\/|\/\*\*|\*)/u.test(line))
  expect(guide).toContain(`they are ${all.length} lines in all, ${code.length} of them code`)
})

test('every block of TypeScript but that of a configuration is a quote', () => {
  const blocks = [...guide.matchAll(/^```ts$/gmu)].length
  const own = [...guide.matchAll(/<!-- not quoted: /gu)].length
  expect(quotes.filter(({ file }) => file.endsWith('.ts'))).toHaveLength(blocks - own)
  expect(blocks).toBeGreaterThan(own)
})
