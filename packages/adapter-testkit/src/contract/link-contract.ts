import { Rejected, TicketNotFound } from '@tripline/core'
import { expect } from 'vitest'
import { callOptions, failureOf } from './call-options.ts'
import { newDedupeKey, sampleDraft } from './sample-drafts.ts'
import { type ContractBook, contractCase, group } from './contract-book.ts'

/** Linking: a ticket that somebody else made, by what a person pasted. */
export function describeLink(book: ContractBook): void {
  group(book, 'link', () => {
    const unlinked = { dedupeKey: newDedupeKey(), url: null, title: '' }
    const backlink = (url: string | null) => ({ dedupeKey: newDedupeKey(), url, title: 'A detection' })

    contractCase(book, 'takes a key or an address, and links back once', async ({ adapter, probes }) => {
      const ticket = await adapter.create(sampleDraft({ backlink: unlinked }), callOptions())
      const back = backlink('https://tripline.example/detections/77')
      for (const reference of [ticket.key, ` ${ticket.key}\n`, ticket.url, ticket.key]) {
        const linked = await adapter.link(reference, back, callOptions())
        expect(linked.id).toBe(ticket.id)
      }
      expect(probes.backlinks(ticket.id)).toEqual([back.url])
    })

    contractCase(book, 'takes the link of another detection as another one', async ({ adapter, probes }) => {
      const ticket = await adapter.create(sampleDraft({ backlink: unlinked }), callOptions())
      await adapter.link(ticket.key, backlink('https://tripline.example/detections/1'), callOptions())
      await adapter.link(ticket.key, backlink('https://tripline.example/detections/2'), callOptions())
      expect(probes.backlinks(ticket.id)).toHaveLength(2)
    })

    contractCase(book, 'links without a way back when there is no public address', async (world) => {
      const { adapter, probes } = world
      const ticket = await adapter.create(sampleDraft({ backlink: unlinked }), callOptions())
      expect((await adapter.link(ticket.key, backlink(null), callOptions())).id).toBe(ticket.id)
      expect(probes.backlinks(ticket.id)).toEqual([])
    })

    contractCase(book, 'refuses what leads elsewhere or is no reference', async (world) => {
      const { adapter, foreignReferences, secrets } = world
      await adapter.create(sampleDraft(), callOptions())
      const references = [...foreignReferences, '', '  ', 'not a key', '../1', 'javascript:alert(1)']
      for (const reference of references) {
        const call = adapter.link(reference, backlink('https://tripline.example/'), callOptions())
        expect({ reference, error: await failureOf(call, secrets) }).toEqual({
          reference,
          error: expect.any(Rejected),
        })
      }
    })

    contractCase(book, 'says when there is no such ticket', async ({ absentTicket, adapter, secrets }) => {
      const call = adapter.link(absentTicket.reference, backlink('https://tripline.example/'), callOptions())
      expect(await failureOf(call, secrets)).toBeInstanceOf(TicketNotFound)
    })
  })
}
