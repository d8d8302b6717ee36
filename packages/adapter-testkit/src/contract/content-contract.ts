import type { RichText } from '@tripline/core'
import { expect } from 'vitest'
import { callOptions } from './call-options.ts'
import { hostileTexts, sampleDraft } from './sample-drafts.ts'
import { type ContractBook, contractCase, group } from './contract-book.ts'

/** Content: text stays text, and fits. */
export function describeContent(book: ContractBook): void {
  group(book, 'content', () => {
    contractCase(
      book,
      'shows hostile text as it is and does nothing it says',
      async ({ adapter, probes }) => {
        const description: RichText = hostileTexts.flatMap((text): RichText => [
          { kind: 'paragraph', runs: [{ text }] },
          { kind: 'paragraph', runs: [{ text: `before\n${text}` }] },
          { kind: 'heading', text },
          { kind: 'list', items: [[{ text }], [{ text, bold: true }], [{ text, code: true }]] },
          { kind: 'paragraph', runs: [{ text, href: 'https://safe.example/?a=[x]|y' }] },
        ])
        const ticket = await adapter.create(sampleDraft({ description }), callOptions())
        const shown = probes.description(ticket.id)
        expect(shown.active).toEqual([])
        for (const text of hostileTexts) expect(shown.text).toContain(text)
      },
    )

    contractCase(book, 'does not let a link lead anywhere but to the web', async ({ adapter, probes }) => {
      const description: RichText = [
        { kind: 'paragraph', runs: [{ text: 'click', href: 'javascript:alert(1)' }] },
        { kind: 'paragraph', runs: [{ text: 'click', href: 'not an address' }] },
      ]
      const ticket = await adapter.create(sampleDraft({ description }), callOptions())
      expect(probes.description(ticket.id)).toEqual({ text: 'click\n\nclick', active: [] })
    })

    contractCase(book, 'makes one line of a summary, and fits it', async ({ adapter, probes }) => {
      const summary = `first\nsecond\t\u202Ethird ${'long '.repeat(400)}`
      const ticket = await adapter.create(sampleDraft({ summary }), callOptions())
      expect(probes.summary(ticket.id)).toMatch(/^first second third long .*…$/u)
    })

    contractCase(book, 'never sends an empty summary', async ({ adapter, probes }) => {
      const ticket = await adapter.create(sampleDraft({ summary: ' \n\u200B ' }), callOptions())
      expect(probes.summary(ticket.id).trim()).not.toBe('')
    })

    contractCase(book, 'fits a description, and says that something is missing', async (world) => {
      const { adapter, probes } = world
      const description: RichText = Array.from({ length: 3_000 }, (_, index) => ({
        kind: 'paragraph',
        runs: [{ text: `[Finding] *${index}* {with} "markup" | and \\ more of it` }],
      }))
      const ticket = await adapter.create(sampleDraft({ description }), callOptions())
      const { text } = probes.description(ticket.id)
      expect(text).toContain('[Finding] *0* {with} "markup"')
      expect(text).toMatch(/paragraphs are left out/u)
    })

    contractCase(book, 'takes labels of any form', async ({ adapter }) => {
      const labels = ['with space', 'tab\there', '  ', '', 'ünïcode', 'x'.repeat(300)]
      const ticket = await adapter.create(sampleDraft({ labels }), callOptions())
      const update = await adapter.update(ticket, { labels: [...labels, 'more'] }, callOptions())
      expect(update.refused).toEqual([])
    })

    contractCase(book, 'reads back what it wrote as unchanged', async ({ adapter }) => {
      const draft = sampleDraft()
      const ticket = await adapter.create(draft, callOptions())
      const { summary, description, labels } = draft
      const update = await adapter.update(ticket, { summary, description, labels }, callOptions())
      expect(update.ticket).toEqual(ticket)
    })
  })
}
