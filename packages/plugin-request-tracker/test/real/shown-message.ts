import type { ShownText } from '@tripline/adapter-testkit'
import { HTMLElement, type Node, NodeType, parse } from 'node-html-parser'

const DRAFT_LINKS = /^https:\/\/(?:safe|advisories)\.example\//u
const BLOCKS = new Set(['p', 'h3', 'ul', 'div'])
const HARMLESS = new Set([...BLOCKS, 'li', 'strong', 'span', 'br', 'a'])

/** A message as RT's page for people shows it. */
export function shownMessage(page: string, transactionId: number): ShownText {
  const body = parse(page).querySelector(`[data-transaction-id="${transactionId}"] .messagebody`)
  if (body === null) throw new Error(`The page shows no message of transaction ${transactionId}`)
  const active: string[] = []
  for (const element of body.querySelectorAll('*')) {
    const name = element.rawTagName.toLowerCase()
    const href = element.getAttribute('href')
    if (!HARMLESS.has(name)) active.push(name)
    else if (href !== undefined && !DRAFT_LINKS.test(href)) active.push(`link to ${href}`)
    const handlers = Object.keys(element.attributes).filter((attribute) => /^on|^src$/iu.test(attribute))
    active.push(...handlers)
  }
  const text = textOf(body)
    .replaceAll(/\n\s*\n/gu, '\n\n')
    .trim()
  return { text, active }
}

function textOf(node: Node): string {
  if (node.nodeType === NodeType.TEXT_NODE) return node.text.replaceAll(/\s+/gu, ' ')
  if (!(node instanceof HTMLElement)) return ''
  const name = node.rawTagName?.toLowerCase() ?? ''
  if (name === 'br') return '\n'
  const inner = node.childNodes.map(textOf).join('')
  if (name === 'li') return `${inner.trim()}\n`
  return BLOCKS.has(name) ? `\n\n${inner.trim()}\n\n` : inner
}
