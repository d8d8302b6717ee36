import {
  type Ticket,
  type TicketId,
  type TicketingAdapter,
  Unauthorized,
  Unavailable,
  type WatchedTickets,
} from '@tripline/core'
import { expect } from 'vitest'
import { callOptions, failureOf } from './call-options.ts'
import { type ContractBook, group, optionalCase } from './contract-book.ts'
import { sampleDraft } from './sample-drafts.ts'

type Watch = NonNullable<TicketingAdapter['watchTickets']>

/** Hearing of changes without asking again and again. */
export function describeWatch(book: ContractBook): void {
  group(book, 'watchTickets', () => {
    optionalCase(book, 'watchTickets', 'hears of a ticket that somebody changes', async (world, watch) => {
      const { adapter, probes } = world
      const ticket = await adapter.create(sampleDraft(), callOptions())
      const watching = startWatching(watch, null)
      expect(await watching.next()).toMatchObject({ tickets: [], missed: false })
      probes.rename(ticket.id, 'Somebody else called it that')
      const heard = await watching.of(ticket.id)
      expect(heard).toMatchObject({ missed: false, cursor: expect.any(String) })
      await watching.end()
    })

    optionalCase(book, 'watchTickets', 'hears of a ticket that is deleted', async (world, watch) => {
      const ticket = await world.adapter.create(sampleDraft(), callOptions())
      const watching = startWatching(watch, null)
      await watching.next()
      world.probes.remove(ticket.id)
      expect(await watching.of(ticket.id)).toMatchObject({ missed: false })
      await watching.end()
    })

    optionalCase(
      book,
      'watchTickets',
      'begins after its cursor, and loses nothing between',
      async (world, watch) => {
        const { adapter, probes } = world
        const tickets: Ticket[] = []
        for (let count = 0; count < 3; count += 1) {
          tickets.push(await adapter.create(sampleDraft(), callOptions()))
        }
        const [first, second, third] = tickets.map(({ id }) => id)
        if (first === undefined || second === undefined || third === undefined)
          throw new Error('Three were made')
        const before = startWatching(watch, null)
        await before.next()
        probes.rename(first, 'While somebody watches')
        const { cursor } = await before.of(first)
        await before.end()
        probes.rename(second, 'While nobody does')
        probes.rename(third, 'While nobody does')
        const after = startWatching(watch, cursor)
        const heard = new Set<string>()
        while (!heard.has(third)) {
          const { missed, tickets: named } = await after.next()
          expect(missed).toBe(false)
          for (const { id } of named) heard.add(id)
        }
        expect([...heard]).toEqual([second, third])
        await after.end()
      },
    )

    optionalCase(
      book,
      'watchTickets',
      'says what it may have missed after a cursor that it does not know',
      async (world, watch) => {
        const ticket = await world.adapter.create(sampleDraft(), callOptions())
        const watching = startWatching(watch, 'not a cursor')
        expect(await watching.next()).toMatchObject({ missed: true })
        world.probes.rename(ticket.id, 'It goes on all the same')
        expect(await watching.of(ticket.id)).toMatchObject({ missed: false })
        await watching.end()
      },
    )

    optionalCase(book, 'watchTickets', 'ends with its signal', async (world, watch) => {
      const caller = new AbortController()
      const watching = startWatching(watch, null, caller.signal)
      await watching.next()
      const ended = failureOf(drain(watching), world.secrets)
      caller.abort()
      expect(await ended).toBeInstanceOf(Unavailable)
    })

    optionalCase(book, 'watchTickets', 'is Unauthorized with credentials that are refused', async (world) => {
      const { secrets, unauthorized } = world
      const watch = unauthorized.watchTickets?.bind(unauthorized)
      if (watch === undefined) throw new Error('The same connection watches, too')
      const watching = startWatching(watch, null)
      expect(await failureOf(watching.next(), secrets)).toBeInstanceOf(Unauthorized)
    })
  })
}

interface Watching {
  next(): Promise<WatchedTickets>
  /** What is heard when a ticket is heard of. */
  of(id: TicketId): Promise<WatchedTickets>
  end(): Promise<unknown>
}

function startWatching(watch: Watch, after: string | null, signal?: AbortSignal): Watching {
  const iterator = watch(after, callOptions(signal))[Symbol.asyncIterator]()
  const next = async (): Promise<WatchedTickets> => {
    const heard = await iterator.next()
    if (heard.done === true) throw new Error('A watch does not end by itself')
    return heard.value
  }
  return {
    next,
    async of(id) {
      for (;;) {
        const heard = await next()
        if (heard.tickets.some((ticket) => ticket.id === id)) return heard
      }
    },
    end: async () => iterator.return?.(),
  }
}

async function drain(watching: Watching): Promise<never> {
  for (;;) await watching.next()
}
