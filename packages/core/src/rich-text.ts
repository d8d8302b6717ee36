/** A run of text; with `href` (http or https) it is a link. */
export interface TextRun {
  readonly text: string
  readonly bold?: true
  readonly code?: true
  readonly href?: string
}

/** A block of a document. */
export type Block =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'paragraph'; readonly runs: readonly TextRun[] }
  | { readonly kind: 'list'; readonly items: readonly (readonly TextRun[])[] }

/**
 * A small document without markup of its own. Plugins render it into their system's format and escape every run's text
 * there: what a detection says can never become a mention, a macro or a link that is not in the tree.
 */
export type RichText = readonly Block[]

/** The document without links that do not lead to the web; their text stays. */
export function webLinksOnly(document: RichText): RichText {
  return document.map((block) => {
    switch (block.kind) {
      case 'heading':
        return block
      case 'paragraph':
        return { ...block, runs: block.runs.map(webLinkOnly) }
      case 'list':
        return { ...block, items: block.items.map((item) => item.map(webLinkOnly)) }
    }
  })
}

function webLinkOnly({ href, ...rest }: TextRun): TextRun {
  return href !== undefined && /^https?:\/\//iu.test(href) && URL.canParse(href) ? { ...rest, href } : rest
}

/** The document as plain text in which nothing is hidden, and addresses are written out only where they lead to the web. */
export function visiblePlainText(document: RichText): string {
  return visibleText(plainText(webLinksOnly(document)))
}

// Control and formatting characters (direction overrides, zero-width spaces, tags), except tab, line feed, and the
// joiners without which Persian, Indic scripts and emoji fall apart.
const HIDDEN = /(?![\t\n\u200c\u200d])[\p{Cc}\p{Cf}]/gu

/** Removes control characters, direction overrides and zero-width characters; keeps tabs and line feeds. */
export function visibleText(value: string): string {
  // Well-formed first: two halves must not become a hidden character by the removal of what stood between them.
  return value.toWellFormed().replaceAll('\r\n', '\n').replaceAll(HIDDEN, '')
}

/** One line of visible text, at most `maxLength` UTF-16 units, with an ellipsis where it was cut. */
export function singleLine(value: string, maxLength: number): string {
  const line = visibleText(value).replaceAll(/\s+/gu, ' ').trim()
  if (line.length <= maxLength) return line
  return `${line
    .slice(0, maxLength - 1)
    .toWellFormed()
    .replace(/\uFFFD$/u, '')}…`
}

/**
 * Reads the part of Markdown that sensors use (paragraphs, `-`/`*` lists, `#` headings, `**bold**`, `` `code` ``,
 * `[text](url)`). Links that are not absolute http or https become plain text; anything else stays as it is written.
 */
export function fromMarkdown(markdown: string): RichText {
  const blocks: Block[] = []
  for (const part of visibleText(markdown).split(/\n[ \t]*\n/u)) {
    for (const block of blocksOf(part.trim())) blocks.push(block)
  }
  return blocks
}

function* blocksOf(part: string): Generator<Block> {
  let lines: string[] = []
  let items: (readonly TextRun[])[] = []
  const paragraph = (): Block[] => {
    const text = lines.join('\n').trim()
    lines = []
    return text === '' ? [] : [{ kind: 'paragraph', runs: inlineRuns(text) }]
  }
  const list = (): Block[] => {
    const block: Block[] = items.length === 0 ? [] : [{ kind: 'list', items }]
    items = []
    return block
  }
  for (const line of part.split('\n')) {
    const item = /^\s*[-*+]\s+(.+)$/su.exec(line)?.[1]
    const heading = /^#{1,6}\s+(.+)$/su.exec(line)?.[1]
    if (item !== undefined) {
      yield* paragraph()
      items.push(inlineRuns(item))
    } else if (heading !== undefined) {
      yield* paragraph()
      yield* list()
      yield { kind: 'heading', text: heading.trim() }
    } else {
      yield* list()
      lines.push(line)
    }
  }
  yield* paragraph()
  yield* list()
}

const INLINE = /\[([^\][\n]{1,500})\]\(([^()\s]{1,2000})\)|\*\*([^*\n]{1,500})\*\*|`([^`\n]{1,500})`/gu

function inlineRuns(text: string): readonly TextRun[] {
  const runs: TextRun[] = []
  let from = 0
  for (const match of text.matchAll(INLINE)) {
    if (match.index > from) runs.push({ text: text.slice(from, match.index) })
    from = match.index + match[0].length
    const [, label, href, bold, code] = match
    if (label !== undefined && href !== undefined) {
      runs.push(isWebAddress(href) ? { text: label, href } : { text: label })
    } else if (bold !== undefined) runs.push({ text: bold, bold: true })
    else if (code !== undefined) runs.push({ text: code, code: true })
  }
  if (from < text.length) runs.push({ text: text.slice(from) })
  return runs
}

function isWebAddress(href: string): boolean {
  // `https:host` parses too, and is relative wherever it is shown on an https page.
  return /^https?:\/\//iu.test(href) && URL.canParse(href)
}

/** The document as plain text: blocks divided by empty lines, list items behind `- `. */
export function plainText(document: RichText): string {
  return document
    .map((block) => {
      switch (block.kind) {
        case 'heading':
          return block.text
        case 'paragraph':
          return runsText(block.runs)
        case 'list':
          return block.items.map((item) => `- ${runsText(item)}`).join('\n')
      }
    })
    .join('\n\n')
}

function runsText(runs: readonly TextRun[]): string {
  return runs
    .map((run) => (run.href === undefined || run.href === run.text ? run.text : `${run.text} <${run.href}>`))
    .join('')
}

/**
 * The longest beginning of a document whose rendering is at most `maxLength` of the target's units. Whole blocks are
 * dropped from the end and a last paragraph says how many; a first paragraph that is too long is cut. Where not even
 * that notice fits, the document is empty.
 *
 * @param measure the length of a document once rendered, in the target's unit
 */
export function fitDocument(
  document: RichText,
  maxLength: number,
  measure: (document: RichText) => number,
): RichText {
  if (measure(document) <= maxLength) return document
  let low = 0
  let high = document.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (measure(cutAfter(document, middle)) <= maxLength) low = middle
    else high = middle - 1
  }
  const cut = cutAfter(document, low)
  if (low > 0) return cut
  if (measure(cut) > maxLength) return []
  return cutFirst(document, maxLength, measure) ?? cut
}

/**
 * The longest beginning of a document that fits once rendered, as {@link fitDocument} has it.
 *
 * @param lengthOf how the system counts; by default in UTF-16 units
 */
export function renderWithin(
  document: RichText,
  maxLength: number,
  render: (document: RichText) => string,
  lengthOf: (text: string) => number = (text) => text.length,
): string {
  return render(fitDocument(document, maxLength, (part) => lengthOf(render(part))))
}

/** Labels as one-line texts of at most `maxLength` UTF-16 units, none of them empty or twice, in the order of comparison. */
export function cleanLabels(labels: readonly string[], maxLength: number): readonly string[] {
  const lines = labels.map((label) => singleLine(label, maxLength)).filter((label) => label !== '')
  return [...new Set(lines)].toSorted()
}

function cutAfter(document: RichText, blocks: number): RichText {
  const left = document.length - blocks
  const notice = `… ${left} more ${left === 1 ? 'paragraph is' : 'paragraphs are'} left out here; the detection has the whole text.`
  return [...document.slice(0, blocks), { kind: 'paragraph', runs: [{ text: notice }] }]
}

/** Keeps as much of a first paragraph as fits, when that block alone is too long. */
function cutFirst(
  document: RichText,
  maxLength: number,
  measure: (document: RichText) => number,
): RichText | null {
  const first = document[0]
  if (first === undefined || first.kind !== 'paragraph') return null
  const text = runsText(first.runs)
  let low = 0
  let high = text.length
  const at = (length: number): RichText => [
    { kind: 'paragraph', runs: [{ text: `${text.slice(0, length).toWellFormed()} …` }] },
    ...cutAfter(document, 0),
  ]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (measure(at(middle)) <= maxLength) low = middle
    else high = middle - 1
  }
  return low === 0 ? null : at(low)
}
