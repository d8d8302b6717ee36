import type { Block, RichText, TextRun } from '@tripline/core'

/**
 * A document in Jira's wiki notation, which REST API 2 takes. Everything a run says is escaped.
 *
 * @see https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
 */
export function toWiki(document: RichText): string {
  return document.map(blockWiki).join('\n\n')
}

function blockWiki(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `h3. ${escapeWiki(oneLine(block.text))}`
    case 'paragraph':
      return runsWiki(block.runs)
    case 'list':
      return block.items
        .map((item) => `* ${runsWiki(item.map((run) => ({ ...run, text: oneLine(run.text) })))}`)
        .join('\n')
  }
}

function runsWiki(runs: readonly TextRun[]): string {
  return joined(runs)
    .map((run) =>
      run.text
        .split(/\r?\n/u)
        .map((line) => lineWiki(line, run))
        .join('\n'),
    )
    .join('')
}

/** Plain runs that follow each other as one, since what two of them say together counts as well. */
function joined(runs: readonly TextRun[]): readonly TextRun[] {
  const result: TextRun[] = []
  for (const run of runs) {
    const last = result.at(-1)
    if (last !== undefined && isPlain(last) && isPlain(run)) {
      result[result.length - 1] = { text: last.text + run.text }
    } else result.push(run)
  }
  return result
}

const isPlain = ({ bold, code, href }: TextRun): boolean =>
  bold !== true && code !== true && href === undefined

function lineWiki(line: string, { bold, code, href }: TextRun): string {
  const text = line.trim()
  if (text === '') return line
  const url = href === undefined ? null : URL.parse(href)
  let marked = escapeWiki(text)
  // With the braces a mark also works in the middle of a word.
  if (code === true) marked = `{{${marked}}}`
  else if (bold === true) marked = `{*}${marked}{*}`
  if (url !== null && /^https?:$/u.test(url.protocol)) marked = `[${marked}|${linkTarget(url)}]`
  // Marks must touch the text they are about.
  const start = line.indexOf(text)
  return `${line.slice(0, start)}${marked}${line.slice(start + text.length)}`
}

function linkTarget(url: URL): string {
  return url.href.replaceAll(
    /[[\]{}|\\^!*]/gu,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

// What the renderer acts on: entities, single marks, addresses, block prefixes at the start of a line, emoticons.
const ACTIVE = new RegExp(
  [
    String.raw`&(?=#|[a-z])`,
    String.raw`[\\{}[\]|*_\-+^~?!@#]`,
    String.raw`(?<=[a-z]):(?=\S)`,
    String.raw`[:;](?=[()PD])`,
    String.raw`(?<=^[^\S\n]*(?:h[1-6]|bq))\.`,
    String.raw`\((?=(?:[/xiyn!+?*-]|on|off|flag|flagoff|\*[a-z])\))`,
  ].join('|'),
  'gimu',
)

/**
 * Text in which the wiki renderer finds nothing to do: no macro, mention, image, link, list, heading or emoticon. A
 * backslash cannot escape itself there (two of them are a line break), so that it becomes an entity, as do the
 * characters that are special only where they stand.
 */
export function escapeWiki(text: string): string {
  return text.replaceAll(ACTIVE, (character) => {
    if (character === '&') return '&amp;'
    return String.raw`\:;.`.includes(character) ? `&#${character.charCodeAt(0)};` : `\\${character}`
  })
}

const oneLine = (text: string): string => text.replaceAll(/\s*\r?\n\s*/gu, ' ')
