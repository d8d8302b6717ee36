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
  return runs
    .map((run) =>
      run.text
        .split(/\r?\n/u)
        .map((line) => lineWiki(line, run))
        .join('\n'),
    )
    .join('')
}

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

/**
 * Text in which the wiki renderer finds nothing to do: no macro, mention, image, link, list, heading or emoticon. A
 * backslash cannot escape itself there (two of them are a line break), so that it becomes an entity, as does what
 * makes an address or a block prefix recognisable.
 */
export function escapeWiki(text: string): string {
  return text
    .replaceAll(/&(?=#|[A-Za-z])/gu, '&amp;')
    .replaceAll('\\', '&#92;')
    .replaceAll(/[{}[\]|*_\-+^~?!@]/gu, String.raw`\$&`)
    .replaceAll(/(?<!&)#/gu, String.raw`\#`)
    .replaceAll(/(?<=\b(?:[a-z][a-z\d.]{1,10}))[:](?=\/\/|[^\s/])/giu, '&#58;')
    .replaceAll(/^(\s*(?:h[1-6]|bq))\./gmu, '$1&#46;')
    .replaceAll(/[:;](?=[()PD])/gu, (mark) => `&#${mark.charCodeAt(0)};`)
    .replaceAll(/\((?=(?:[/xin]|[yY]|\\?[!+\-?*]|on|off|flag|flagoff)[a-z]*\))/gu, String.raw`\(`)
}

const oneLine = (text: string): string => text.replaceAll(/\s*\r?\n\s*/gu, ' ')
