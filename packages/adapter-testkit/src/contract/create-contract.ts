import { TicketingError } from '@tripline/core'
import { expect, vi } from 'vitest'
import { callOptions, failureOf } from './call-options.ts'
import type { ContractWorld } from './contract-world.ts'
import { newDedupeKey, sampleDraft } from './sample-drafts.ts'
import { type ContractBook, contractCase, group, optionalCase } from './contract-book.ts'

/** Creating: once, and never in doubt for good. */
export function describeCreate(book: ContractBook): void {
  group(book, 'create', () => {
    contractCase(book, 'creates one ticket that carries the dedupe key', async ({ adapter, probes }) => {
      const draft = sampleDraft()
      const ticket = await adapter.create(draft, callOptions())
      expect(probes.ticketsWithKey(draft.dedupeKey)).toEqual([ticket.id])
      expect(probes.ticketCount()).toBe(1)
      expect(probes.summary(ticket.id)).toBe(draft.summary)
      expect(ticket.status.category).toBe('open')
      expect(ticket.url).toMatch(/^https?:\/\//u)
    })

    contractCase(book, 'returns the ticket as find reads it', async ({ adapter }) => {
      const ticket = await adapter.create(sampleDraft(), callOptions())
      expect(await adapter.find(ticket, callOptions())).toEqual(ticket)
    })

    contractCase(book, 'links the ticket back to the detection', async ({ adapter, probes }) => {
      const draft = sampleDraft()
      const ticket = await adapter.create(draft, callOptions())
      expect(probes.backlinks(ticket.id)).toEqual([draft.backlink.url])
    })

    contractCase(book, 'does not show the dedupe key among the labels', async ({ adapter }) => {
      const draft = sampleDraft({ labels: ['beta', 'alpha', 'beta'] })
      const ticket = await adapter.create(draft, callOptions())
      if (ticket.content.labels !== undefined) expect(ticket.content.labels).toBe('alpha beta')
    })

    contractCase(book, 'sets the priority that is asked for', async ({ adapter, priority }) => {
      const ticket = await adapter.create(sampleDraft({ priority }), callOptions())
      if (ticket.content.priority !== undefined) expect(ticket.content.priority).toBe(priority)
    })

    contractCase(book, 'is idempotent, or its tickets can be found', async (world) => {
      const { adapter, probes } = world
      const draft = sampleDraft()
      const ticket = await adapter.create(draft, callOptions())
      if (adapter.createSettlesWithinMs === 0) {
        expect((await adapter.create(draft, callOptions())).id).toBe(ticket.id)
      } else {
        expect(await foundId(world, draft.dedupeKey)).toBe(ticket.id)
      }
      expect(probes.ticketsWithKey(draft.dedupeKey)).toHaveLength(1)
    })

    optionalCase(
      book,
      'findCreated',
      'finds nothing by a key that was never used',
      async (_, findCreated) => {
        expect(await findCreated(newDedupeKey(), callOptions())).toBeNull()
      },
    )

    for (const [what, fault] of [
      ['its answer was cut off', { kind: 'cut-after-processing' }],
      ['its answer is garbled', { kind: 'garbled' }],
      ['its answer is huge', { kind: 'huge' }],
      ['its answer never comes', { kind: 'hang', afterProcessing: true }],
      ['a gateway gave up on it', { kind: 'html', status: 504, afterProcessing: true }],
      ['a server error followed it', { kind: 'server-error', status: 500, afterProcessing: true }],
    ] as const) {
      contractCase(book, `does not say that nothing was created when ${what}`, async (world) => {
        const { adapter, createRequest, faults, probes, secrets } = world
        const draft = sampleDraft()
        faults.add({ ...createRequest, ...fault })
        const caller = fault.kind === 'hang' ? world.impatient : adapter
        const error = await failureOf(caller.create(draft, callOptions()), secrets)
        expect(error.outcome).toBe('unknown')
        faults.clear()
        const [id] = probes.ticketsWithKey(draft.dedupeKey)
        expect(id).toBeDefined()
        if (adapter.createSettlesWithinMs === 0) await adapter.create(draft, callOptions())
        else expect(await foundId(world, draft.dedupeKey)).toBe(id)
        expect(probes.ticketsWithKey(draft.dedupeKey)).toEqual([id])
      })
    }

    contractCase(book, 'does not lose a created ticket when what follows the create fails', async (world) => {
      const { adapter, faults, probes, readRequest } = world
      const draft = sampleDraft()
      faults.add({ ...readRequest, kind: 'server-error', times: 20 })
      const outcome = await adapter.create(draft, callOptions()).then(
        (ticket) => ticket.id,
        (error: unknown) => {
          if (!(error instanceof TicketingError)) throw error
          return error.outcome
        },
      )
      expect(['unknown', probes.ticketsWithKey(draft.dedupeKey)[0]]).toContain(outcome)
    })

    contractCase(book, 'says that a refused draft was not created, and why', async (world) => {
      const { adapter, probes, secrets } = world
      const draft = sampleDraft({ priority: '987654321' })
      const error = await failureOf(adapter.create(draft, callOptions()), secrets)
      expect(error.code).toBe('REJECTED')
      expect(error.outcome).toBe('not_done')
      expect(probes.ticketCount()).toBe(0)
    })

    optionalCase(book, 'render', 'sends exactly what render shows', async ({ adapter, probes }, render) => {
      const draft = sampleDraft()
      const rendered = render(draft)
      expect(render(draft)).toEqual(rendered)
      await adapter.create(draft, callOptions())
      if (probes.lastCreateBody !== undefined) expect(probes.lastCreateBody()).toEqual(rendered)
    })
  })
}

/** Polls as the gateway does: the search may lag behind. */
async function foundId({ adapter }: ContractWorld, key: ReturnType<typeof newDedupeKey>): Promise<string> {
  return vi.waitFor(
    async () => {
      const ticket = await adapter.findCreated?.(key, callOptions())
      if (ticket === undefined || ticket === null) throw new Error('findCreated has not found the ticket')
      return ticket.id
    },
    { timeout: Math.min(adapter.createSettlesWithinMs, 10_000), interval: 25 },
  )
}
