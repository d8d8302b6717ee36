import type { Block, RichText, TextRun } from '@tripline/core'

/**
 * A document in the part of HTML that RT shows. Everything a run says is escaped, and addresses in it are taken apart, so
 * that an RT which makes links of addresses finds none.
 */
export function toHtml(document: RichText): string {
  return document.map(blockHtml).join('\n')
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `<h3>${escapeText(block.text)}</h3>`
    case 'paragraph':
      return `<p>${runsHtml(block.runs)}</p>`
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${runsHtml(item)}</li>`).join('')}</ul>`
  }
}

function runsHtml(runs: readonly TextRun[]): string {
  return joined(runs).map(runHtml).join('')
}

/** Plain runs that follow each other as one, since an address may be divided among them. */
function joined(runs: readonly TextRun[]): readonly TextRun[] {
  const result: TextRun[] = []
  for (const run of runs) {
    const last = result.at(-1)
    if (last !== undefined && isPlain(last) && isPlain(run))
      result[result.length - 1] = { text: last.text + run.text }
    else result.push(run)
  }
  return result
}

const isPlain = ({ bold, code, href }: TextRun): boolean =>
  bold !== true && code !== true && href === undefined

function runHtml({ text, bold, code, href }: TextRun): string {
  let marked = escapeText(text)
  if (code === true) marked = `<code>${marked}</code>`
  else if (bold === true) marked = `<strong>${marked}</strong>`
  const url = href === undefined ? null : URL.parse(href)
  if (url === null || !/^https?:$/u.test(url.protocol)) return marked
  return `<a href="${escapeHtml(url.href)}">${marked}</a>`
}

function escapeText(text: string): string {
  // RT's reader of JSON refuses half a character.
  return escapeHtml(text.toWellFormed())
    .replaceAll(/:(?=\/\/)/gu, '<span>:</span>')
    .replaceAll(/\r?\n/gu, '<br>')
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/gu, (character) => `&#${character.charCodeAt(0)};`)
}
