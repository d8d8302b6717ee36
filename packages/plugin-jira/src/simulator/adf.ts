/** The Atlassian Document Format, as far as the simulator checks it: structure and the rules that refuse a document. */
export interface AdfNode {
  readonly type: string
  readonly text?: string
  readonly attrs?: Readonly<Record<string, unknown>>
  readonly marks?: readonly { readonly type: string }[]
  readonly content?: readonly AdfNode[]
}

export interface AdfDocument extends AdfNode {
  readonly type: 'doc'
  readonly version: 1
  readonly content: readonly AdfNode[]
}

const INLINE = new Set(['text', 'hardBreak', 'mention', 'emoji', 'inlineCard', 'date', 'status'])
const MARKS = new Set([
  'strong',
  'em',
  'code',
  'link',
  'strike',
  'underline',
  'subsup',
  'textColor',
  'backgroundColor',
])
const BLOCKS = [
  'paragraph',
  'heading',
  'bulletList',
  'orderedList',
  'codeBlock',
  'blockquote',
  'panel',
  'rule',
  'table',
  'expand',
  'mediaSingle',
  'mediaGroup',
  'blockCard',
]
const CHILDREN: Readonly<Record<string, ReadonlySet<string>>> = {
  doc: new Set(BLOCKS),
  paragraph: INLINE,
  heading: INLINE,
  codeBlock: new Set(['text']),
  bulletList: new Set(['listItem']),
  orderedList: new Set(['listItem']),
  listItem: new Set(['paragraph', 'bulletList', 'orderedList', 'codeBlock', 'mediaSingle']),
  blockquote: new Set(['paragraph', 'bulletList', 'orderedList', 'codeBlock']),
  panel: new Set(['paragraph', 'heading', 'bulletList', 'orderedList', 'codeBlock', 'rule']),
  expand: new Set(BLOCKS),
  table: new Set(['tableRow']),
  tableRow: new Set(['tableCell', 'tableHeader']),
  tableCell: new Set(BLOCKS),
  tableHeader: new Set(BLOCKS),
  mediaSingle: new Set(['media']),
  mediaGroup: new Set(['media']),
}

export function isAdfDocument(value: unknown): value is AdfDocument {
  return (
    isNode(value) && value.type === 'doc' && 'version' in value && value.version === 1 && isValidNode(value)
  )
}

function isNode(value: unknown): value is AdfNode {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false
  const content = 'content' in value ? value.content : []
  return typeof value.type === 'string' && Array.isArray(content) && content.every(isNode)
}

function isValidNode(node: AdfNode, parent?: string): boolean {
  if (node.type === 'text') return isValidText(node, parent)
  const allowed = CHILDREN[node.type]
  const children = node.content ?? []
  if (allowed === undefined) return children.length === 0
  if (node.type === 'doc' && node.content === undefined) return false
  return children.every((child) => allowed.has(child.type) && isValidNode(child, node.type))
}

function isValidText(node: AdfNode, parent?: string): boolean {
  if (typeof node.text !== 'string' || node.text === '') return false
  // A line break in running text is a hardBreak node of its own.
  if (parent !== 'codeBlock' && node.text.includes('\n')) return false
  return (node.marks ?? []).every((mark) => MARKS.has(mark.type))
}

/** What a version 2 client reads of a document. */
export function adfToText(document: AdfDocument): string {
  return document.content
    .map((node) => blockText(node, ''))
    .join('\n\n')
    .trim()
}

function blockText(node: AdfNode, bullet: string): string {
  const children = node.content ?? []
  switch (node.type) {
    case 'paragraph':
      return inlineText(children)
    case 'heading':
      return `h${attribute(node, 'level')}. ${inlineText(children)}`
    case 'codeBlock':
      return `{code}\n${inlineText(children)}\n{code}`
    case 'rule':
      return '----'
    case 'bulletList':
    case 'orderedList': {
      const marker = bullet + (node.type === 'bulletList' ? '*' : '#')
      return children.map((item) => itemText(item, marker)).join('\n')
    }
    case 'tableRow':
      return `|${children.map((cell) => ` ${(cell.content ?? []).map((child) => blockText(child, '')).join(' ')} |`).join('')}`
    case 'table':
      return children.map((row) => blockText(row, '')).join('\n')
    default:
      return children.map((child) => blockText(child, bullet)).join('\n\n')
  }
}

function itemText(item: AdfNode, marker: string): string {
  return (item.content ?? [])
    .map((child) =>
      child.type.endsWith('List') ? blockText(child, marker) : `${marker} ${blockText(child, marker)}`,
    )
    .join('\n')
}

function inlineText(nodes: readonly AdfNode[]): string {
  return nodes
    .map((node) => {
      if (node.type === 'hardBreak') return '\n'
      return node.text ?? (attribute(node, 'text') || attribute(node, 'url'))
    })
    .join('')
}

function attribute(node: AdfNode, name: string): string {
  const value = node.attrs?.[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** What a version 3 client reads of text that was written through version 2. */
export function textToAdf(text: string): AdfDocument {
  const paragraphs = text.split(/\n{2,}/).filter((paragraph) => paragraph !== '')
  return {
    type: 'doc',
    version: 1,
    content: paragraphs.map((paragraph) => ({ type: 'paragraph', content: lines(paragraph) })),
  }
}

function lines(paragraph: string): AdfNode[] {
  return paragraph
    .split('\n')
    .flatMap((line, index): AdfNode[] => [
      ...(index > 0 ? [{ type: 'hardBreak' }] : []),
      ...(line === '' ? [] : [{ type: 'text', text: line }]),
    ])
}
