import type { Block, JsonObject, RichText, TextRun } from '@tripline/core'

/**
 * A document in the Atlassian Document Format, which REST API 3 takes. Text is data there, so that nothing in it becomes
 * a mention or a macro.
 *
 * @see https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
 */
export function toAdf(document: RichText): JsonObject {
  return { version: 1, type: 'doc', content: document.map(blockNode) }
}

function blockNode(block: Block): JsonObject {
  switch (block.kind) {
    case 'heading':
      return { type: 'heading', attrs: { level: 3 }, content: inlineNodes([{ text: oneLine(block.text) }]) }
    case 'paragraph':
      return paragraph(block.runs)
    case 'list':
      return {
        type: 'bulletList',
        // A list without items is not valid.
        content: (block.items.length === 0 ? [[]] : block.items).map((item) => ({
          type: 'listItem',
          content: [paragraph(item)],
        })),
      }
  }
}

const paragraph = (runs: readonly TextRun[]): JsonObject => ({
  type: 'paragraph',
  content: inlineNodes(runs),
})

function inlineNodes(runs: readonly TextRun[]): readonly JsonObject[] {
  return runs.flatMap((run) => {
    const marks = marksOf(run)
    // A text node holds no line break and is never empty.
    return run.text
      .split(/\r?\n/u)
      .flatMap((line, index): JsonObject[] => [
        ...(index > 0 ? [{ type: 'hardBreak' }] : []),
        ...(line === '' ? [] : [{ type: 'text', text: line, ...(marks.length > 0 ? { marks } : {}) }]),
      ])
  })
}

function marksOf({ bold, code, href }: TextRun): readonly JsonObject[] {
  const link = href !== undefined && isWebAddress(href) ? [{ type: 'link', attrs: { href } }] : []
  // `code` may be combined with a link and nothing else.
  if (code === true) return [...link, { type: 'code' }]
  return bold === true ? [...link, { type: 'strong' }] : link
}

function isWebAddress(href: string): boolean {
  return /^https?:$/u.test(URL.parse(href)?.protocol ?? '')
}

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/gu, ' ')

/** The text of a document as Jira returns it, the same for the same document whatever ids and marks Jira added. */
export function adfText(node: unknown): string {
  return blocksText(childrenOf(node), '\n\n').trimEnd()
}

const blocksText = (nodes: readonly unknown[], between: string): string => nodes.map(blockText).join(between)

function blockText(node: unknown): string {
  const children = childrenOf(node)
  switch (member(node, 'type')) {
    case 'bulletList':
    case 'orderedList':
      return children.map((item) => `- ${blocksText(childrenOf(item), '\n')}`).join('\n')
    case 'paragraph':
    case 'heading':
    case 'codeBlock':
      return children.map(inlineText).join('')
    default:
      return children.length === 0 ? inlineText(node) : blocksText(children, '\n')
  }
}

function inlineText(node: unknown): string {
  const text = member(node, 'text')
  if (typeof text === 'string') {
    const href = linkOf(node)
    return href === null || href === text ? text : `${text} <${href}>`
  }
  if (member(node, 'type') === 'hardBreak') return '\n'
  const attrs = member(node, 'attrs')
  for (const name of ['text', 'shortName', 'url', 'title', 'id']) {
    const value = member(attrs, name)
    if (typeof value === 'string' && value !== '') return value
  }
  return childrenOf(node).map(inlineText).join('')
}

function linkOf(node: unknown): string | null {
  const marks = member(node, 'marks')
  if (!Array.isArray(marks)) return null
  for (const mark of marks as readonly unknown[]) {
    const href = member(mark, 'type') === 'link' ? member(member(mark, 'attrs'), 'href') : null
    if (typeof href === 'string') return href
  }
  return null
}

function childrenOf(node: unknown): readonly unknown[] {
  const content = member(node, 'content')
  return Array.isArray(content) ? (content as readonly unknown[]) : []
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
