import {
  PluginOutdated,
  TicketingError,
  type TicketId,
  type TicketRef,
  Unauthorized,
  Unavailable,
} from '@tripline/core'
import { expect } from 'vitest'
import { callOptions, failureOf } from './call-options.ts'
import { sampleDraft } from './sample-drafts.ts'
import { type ContractBook, contractCase, group } from './contract-book.ts'

/** Finding: `null` means that there is no such ticket, and nothing else. */
export function describeFind(book: ContractBook): void {
  group(book, 'find', () => {
    contractCase(book, 'answers null for a ticket that never was', async ({ absentTicket, adapter }) => {
      expect(await adapter.find(absentTicket, callOptions())).toBeNull()
    })

    contractCase(book, 'answers null for a ticket that was deleted', async ({ adapter, probes }) => {
      const ticket = await adapter.create(sampleDraft(), callOptions())
      probes.remove(ticket.id)
      expect(await adapter.find(ticket, callOptions())).toBeNull()
    })

    contractCase(book, 'sees what other people changed', async ({ adapter, probes }) => {
      const ticket = await adapter.create(sampleDraft(), callOptions())
      probes.rename(ticket.id, 'Renamed by a person')
      const found = await adapter.find(ticket, callOptions())
      expect(found?.content.summary ?? 'Renamed by a person').toBe('Renamed by a person')
      expect(found?.updatedAt.getTime()).toBeGreaterThan(ticket.updatedAt.getTime())
    })

    contractCase(book, 'follows a ticket that was moved', async ({ adapter, probes }) => {
      if (probes.move === undefined) return
      const ticket = await adapter.create(sampleDraft(), callOptions())
      probes.move(ticket.id)
      const found = await adapter.find(ticket, callOptions())
      expect(found?.id).toBe(ticket.id)
      expect(found?.container).not.toBe(ticket.container)
    })

    contractCase(book, 'does not take "could not ask" for "not there"', async (world) => {
      const { adapter, faults, readRequest, secrets, unauthorized } = world
      const ticket = await adapter.create(sampleDraft(), callOptions())
      for (const status of [401, 403, 500, 503]) {
        faults.add({ ...readRequest, kind: 'server-error', status })
        await failureOf(adapter.find(ticket, callOptions()), secrets)
        faults.clear()
      }
      expect(await failureOf(unauthorized.find(ticket, callOptions()), secrets)).toBeInstanceOf(Unauthorized)
    })

    contractCase(book, 'does not take the page of a proxy for "not there"', async (world) => {
      const { adapter, faults, readRequest, secrets } = world
      const ticket = await adapter.create(sampleDraft(), callOptions())
      faults.add({ ...readRequest, kind: 'html', status: 404 })
      await failureOf(adapter.find(ticket, callOptions()), secrets)
    })

    contractCase(
      book,
      'does not take an answer spoilt on the way for an interface that is gone',
      async (world) => {
        const { absentTicket, adapter, faults, readRequest } = world
        faults.add({ ...readRequest, kind: 'garbled', times: 50 })
        const outcome: unknown = await adapter.find(absentTicket, callOptions()).catch((error: unknown) => {
          if (error instanceof TicketingError) return error
          throw error
        })
        // It pauses the whole connection until somebody looks.
        expect(outcome).not.toBeInstanceOf(PluginOutdated)
      },
    )

    contractCase(book, 'addresses nobody else by an empty or malformed id', async (world) => {
      const { adapter, malformedIds, probes, secrets } = world
      const ticket = await adapter.create(sampleDraft(), callOptions())
      for (const id of ['', ' ', ...malformedIds]) {
        const ref: TicketRef = { id: id as TicketId, key: ticket.key }
        const found = await adapter.find(ref, callOptions()).catch(() => null)
        expect({ id, found }).toEqual({ id, found: null })
        await failureOf(
          adapter.update({ ...ticket, ...ref }, { summary: 'hijacked' }, callOptions()),
          secrets,
        )
        if (adapter.comment !== undefined) {
          const text = [{ kind: 'paragraph', runs: [{ text: 'hijacked' }] }] as const
          await failureOf(adapter.comment(ref, text, sampleDraft().dedupeKey, callOptions()), secrets)
        }
      }
      expect(probes.summary(ticket.id)).toBe(sampleDraft().summary)
      expect(probes.commentCount(ticket.id)).toBe(0)
    })

    contractCase(book, 'ends with its caller', async (world) => {
      const { adapter, faults, readRequest, secrets } = world
      const ticket = await adapter.create(sampleDraft(), callOptions())
      const caller = new AbortController()
      faults.add({ ...readRequest, kind: 'hang' })
      const call = failureOf(adapter.find(ticket, callOptions(caller.signal)), secrets)
      caller.abort()
      expect(await call).toBeInstanceOf(Unavailable)
    })
  })
}
