import type { ShownText } from '@tripline/adapter-testkit'
import type { AdfDocument, AdfNode } from '../src/simulator/index.ts'

const PLAIN = new Set(['doc', 'paragraph', 'heading', 'bulletList', 'listItem', 'text', 'hardBreak'])

/** Reads a document as people see it; nodes and links that no draft asked for are active. */
export function shownAdf(document: AdfDocument, allowedLinks: RegExp): ShownText {
  const active: string[] = []
  const read = (node: AdfNode): string => {
    if (!PLAIN.has(node.type)) active.push(node.type)
    for (const mark of node.marks ?? []) {
      if (mark.type !== 'link') continue
      const { attrs } = mark as { attrs?: { href?: string } }
      if (!allowedLinks.test(attrs?.href ?? '')) active.push(`link to ${attrs?.href}`)
    }
    if (node.type === 'hardBreak') return '\n'
    return node.text ?? (node.content ?? []).map(read).join(node.type === 'doc' ? '\n\n' : '')
  }
  return { text: read(document), active }
}
