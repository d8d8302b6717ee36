import { type StatusChange, type Ticket, TicketNotFound } from '@tripline/core'
import { expect } from 'vitest'
import { callOptions, failureOf } from './call-options.ts'
import { sampleDescription, sampleDraft } from './sample-drafts.ts'
import type { FaultTarget } from './contract-world.ts'
import { type ContractBook, contractCase, group, optionalCase } from './contract-book.ts'

/** A change of status to another one, by its id. */
export function statusChange(id: string, change: Partial<StatusChange> = {}): StatusChange {
  return { target: { id }, via: [], resolution: null, resolutionId: null, fields: {}, ...change }
}

/** Acts just before the first such request is answered, and says whether that one is to fail. */
function onceAfter(
  target: FaultTarget,
  act: () => void,
  fails: boolean,
): NonNullable<FaultTarget['matches']> {
  let hasActed = false
  return (request) => {
    if (hasActed || target.matches?.(request) === false) return false
    hasActed = true
    act()
    return fails
  }
}

/** Updating: each part on its own, with what was not taken said. */
export function describeUpdate(book: ContractBook): void {
  group(book, 'update', () => {
    contractCase(book, 'writes every part and returns the ticket as find reads it', async (world) => {
      const { adapter, assignable, priority, statuses } = world
      const ticket = await adapter.create(sampleDraft(), callOptions())
      const update = await adapter.update(
        ticket,
        {
          status: statusChange(statuses.active),
          assignee: { accountId: assignable.account.id },
          summary: 'Another summary',
          description: [{ kind: 'paragraph', runs: [{ text: 'Another description' }] }],
          priority,
          labels: ['one', 'two'],
        },
        callOptions(),
      )
      expect(update.refused).toEqual([])
      expect(update.overwritten).toEqual([])
      expect(update.statusId).toBe(statuses.active)
      expect(update.ticket).toMatchObject({
        id: ticket.id,
        status: { id: statuses.active, category: 'active' },
        assignee: assignable.account,
      })
      const { content } = update.ticket
      if (content.summary !== undefined) expect(content.summary).toBe('Another summary')
      if (content.description !== undefined) expect(content.description).toContain('Another description')
      if (content.priority !== undefined) expect(content.priority).toBe(priority)
      if (content.labels !== undefined) expect(content.labels).toBe('one two')
      expect(await adapter.find(ticket, callOptions())).toEqual(update.ticket)
    })

    contractCase(book, 'keeps the dedupe key when labels are written', async ({ adapter, probes }) => {
      const draft = sampleDraft()
      const ticket = await adapter.create(draft, callOptions())
      await adapter.update(ticket, { labels: ['other'] }, callOptions())
      expect(probes.ticketsWithKey(draft.dedupeKey)).toEqual([ticket.id])
    })

    contractCase(book, 'changes nothing when everything is there already', async ({ adapter, statuses }) => {
      const draft = sampleDraft()
      const ticket = await adapter.create(draft, callOptions())
      const status = statusChange(statuses.active)
      const change = {
        status,
        assignee: { accountId: null },
        summary: draft.summary,
        description: sampleDescription,
        labels: draft.labels,
      }
      const first = await adapter.update(ticket, change, callOptions())
      const second = await adapter.update(ticket, change, callOptions())
      expect(second.refused).toEqual([])
      expect(second.statusId).toBeNull()
      expect(second.ticket).toEqual(first.ticket)
    })

    contractCase(book, 'closes with a resolution and opens again', async ({ adapter, statuses }) => {
      const { id, resolutionId } = statuses.done
      const ticket = await adapter.create(sampleDraft(), callOptions())
      const closed = await adapter.update(
        ticket,
        { status: statusChange(id, { resolution: 'action_taken', resolutionId }) },
        callOptions(),
      )
      expect(closed.refused).toEqual([])
      expect(closed.ticket.status).toMatchObject({ id, category: 'done' })
      expect(closed.ticket.resolution?.id ?? null).toBe(resolutionId)
      const reopened = await adapter.update(
        closed.ticket,
        { status: statusChange(statuses.active) },
        callOptions(),
      )
      expect(reopened.refused).toEqual([])
      expect(reopened.ticket).toMatchObject({ status: { id: statuses.active }, resolution: null })
    })

    contractCase(book, 'finds a status by its category', async ({ adapter }) => {
      const ticket = await adapter.create(sampleDraft(), callOptions())
      const status = statusChange('', { target: { category: 'active' } })
      const update = await adapter.update(ticket, { status }, callOptions())
      expect(update.refused).toEqual([])
      expect(update.ticket.status.category).toBe('active')
      expect(update.statusId).toBe(update.ticket.status.id)
    })

    contractCase(book, 'goes along the path it is given', async ({ adapter, statuses }) => {
      const ticket = await adapter.create(sampleDraft(), callOptions())
      const { id, resolutionId } = statuses.done
      const status = statusChange(id, {
        via: [statuses.active],
        resolution: 'action_taken',
        resolutionId,
      })
      const update = await adapter.update(ticket, { status }, callOptions())
      expect(update.refused).toEqual([])
      expect(update.ticket.status.id).toBe(id)
    })

    contractCase(
      book,
      'refuses a status it cannot reach, and does the rest',
      async ({ adapter, statuses }) => {
        const ticket = await adapter.create(sampleDraft(), callOptions())
        const status = statusChange(statuses.unreachable)
        const update = await adapter.update(ticket, { status, summary: 'Written' }, callOptions())
        expect(update.refused).toEqual([expect.objectContaining({ field: 'status', code: 'no_transition' })])
        expect(update.statusId).toBeNull()
        expect(update.ticket.status).toEqual(ticket.status)
        if (update.ticket.content.summary !== undefined) {
          expect(update.ticket.content.summary).toBe('Written')
        }
      },
    )

    contractCase(book, 'refuses each part that is another than it was seen', async (world) => {
      const { adapter, assignable, priority, statuses } = world
      const seen = await adapter.create(sampleDraft(), callOptions())
      const { ticket: present, refused } = await adapter.update(
        seen,
        {
          status: statusChange(statuses.active),
          assignee: { accountId: assignable.account.id },
          summary: 'By hand',
          description: [{ kind: 'paragraph', runs: [{ text: 'By hand' }] }],
          priority,
          labels: ['by-hand'],
        },
        callOptions(),
      )
      expect(refused).toEqual([])
      const { id, resolutionId } = statuses.done
      const update = await adapter.update(
        { ...seen, assignee: { id: 'somebody-else', name: 'Somebody else' } },
        {
          status: statusChange(id, { resolution: 'action_taken', resolutionId }),
          assignee: { accountId: null },
          summary: 'Written',
          description: [{ kind: 'paragraph', runs: [{ text: 'Written' }] }],
          labels: ['written'],
        },
        callOptions(),
      )
      const parts = ['assignee', 'description', 'labels', 'status', 'summary'] as const
      const readable = parts.filter(
        (part) => part === 'assignee' || part === 'status' || seen.content[part] !== undefined,
      )
      expect(update.refused.map(({ field, code }) => `${field} ${code}`).toSorted()).toEqual(
        readable.map((part) => `${part} changed_meanwhile`),
      )
      expect(update.statusId).toBeNull()
      expect(update.ticket).toMatchObject({ status: present.status, assignee: present.assignee })
      for (const part of readable) {
        if (part === 'assignee' || part === 'status') continue
        expect(update.ticket.content[part]).toBe(present.content[part])
      }
    })

    contractCase(book, 'does what still is as it was seen', async ({ adapter, probes, statuses }) => {
      const seen = await adapter.create(sampleDraft(), callOptions())
      probes.rename(seen.id, 'By hand')
      const change = { status: statusChange(statuses.active), summary: 'Written', labels: ['written'] }
      const update = await adapter.update(seen, change, callOptions())
      expect(update.refused).toEqual([
        expect.objectContaining({ field: 'summary', code: 'changed_meanwhile' }),
      ])
      expect(probes.summary(seen.id)).toBe('By hand')
      expect(update.ticket.status.id).toBe(statuses.active)
    })

    contractCase(book, 'takes what somebody set as it was to be for done', async ({ adapter, probes }) => {
      const seen = await adapter.create(sampleDraft(), callOptions())
      probes.rename(seen.id, 'The same')
      const update = await adapter.update(seen, { summary: 'The same' }, callOptions())
      expect(update).toMatchObject({ refused: [], overwritten: [] })
    })

    contractCase(book, 'expects nothing of a status that was never read', async ({ adapter, statuses }) => {
      const ticket = await adapter.create(sampleDraft(), callOptions())
      const seen: Ticket = { ...ticket, status: { id: '', name: '', category: 'open' }, resolution: null }
      const update = await adapter.update(seen, { status: statusChange(statuses.active) }, callOptions())
      expect(update).toMatchObject({ refused: [], statusId: statuses.active })
    })

    contractCase(book, 'reports what it overwrote, where the system keeps a history', async (world) => {
      const { adapter, faults, probes, recordedWrite } = world
      if (recordedWrite === undefined) return
      const seen = await adapter.create(sampleDraft(), callOptions())
      const matches = onceAfter(recordedWrite, () => probes.rename(seen.id, 'By hand'), false)
      faults.add({ ...recordedWrite, kind: 'server-error', matches })
      const update = await adapter.update(seen, { summary: 'Written', labels: ['written'] }, callOptions())
      expect(probes.summary(seen.id)).toBe('Written')
      expect(update.refused).toEqual([])
      expect(update.overwritten).toEqual([
        { field: 'summary', value: 'By hand', author: expect.stringMatching(/./u) },
      ])
    })

    optionalCase(
      book,
      'findOutcome',
      'is found out about after its answer was lost, where the system keeps a history',
      async ({ adapter, assignable, probes, recordedWrite, statuses }, findOutcome) => {
        if (recordedWrite === undefined) return
        const seen = await adapter.create(sampleDraft(), callOptions())
        const { done } = statuses
        const status = statusChange(done.id, {
          resolution: 'action_taken',
          resolutionId: done.resolutionId,
        })
        // Of these, nothing of what is known is handed on: the answer might as well have been lost.
        await adapter.update(seen, { assignee: { accountId: assignable.account.id } }, callOptions())
        probes.rename(seen.id, 'By hand')
        await adapter.update((await adapter.find(seen, callOptions())) ?? seen, { status }, callOptions())
        const outcome = await findOutcome(seen, ['status', 'assignee'], callOptions())
        expect(outcome).toMatchObject({
          ticket: { id: seen.id, status: { id: done.id }, content: { summary: 'By hand' } },
          status: { id: done.id, resolutionId: done.resolutionId },
          assignee: { accountId: assignable.account.id },
          overwritten: [],
        })
      },
    )

    optionalCase(
      book,
      'findOutcome',
      'says what a write without an answer replaced, and nothing of what was not written',
      async ({ adapter, faults, probes, recordedWrite, secrets }, findOutcome) => {
        if (recordedWrite === undefined) return
        const seen = await adapter.create(sampleDraft(), callOptions())
        const matches = onceAfter(recordedWrite, () => probes.rename(seen.id, 'By hand'), true)
        faults.add({ ...recordedWrite, kind: 'cut-after-processing', matches })
        await failureOf(adapter.update(seen, { summary: 'Written' }, callOptions()), secrets)
        expect(probes.summary(seen.id)).toBe('Written')
        const outcome = await findOutcome(seen, ['summary'], callOptions())
        expect(outcome?.overwritten).toEqual([
          { field: 'summary', value: 'By hand', author: expect.stringMatching(/./u) },
        ])
        expect(outcome?.status).toBeUndefined()
        expect(outcome?.assignee).toBeUndefined()
      },
    )

    optionalCase(
      book,
      'findOutcome',
      'finds none of a ticket that is not there',
      async (world, findOutcome) => {
        const { adapter, probes } = world
        const seen = await adapter.create(sampleDraft(), callOptions())
        probes.remove(seen.id)
        expect(await findOutcome(seen, ['status'], callOptions())).toBeNull()
      },
    )

    contractCase(book, 'assigns and takes the ticket back', async ({ adapter, assignable }) => {
      const ticket = await adapter.create(sampleDraft(), callOptions())
      const given = await adapter.update(
        ticket,
        { assignee: { accountId: assignable.account.id } },
        callOptions(),
      )
      expect(given.ticket.assignee).toEqual(assignable.account)
      const taken = await adapter.update(given.ticket, { assignee: { accountId: null } }, callOptions())
      expect(taken.ticket.assignee).toBeNull()
      expect(taken.refused).toEqual([])
    })

    contractCase(book, 'refuses an assignee that cannot be, and does the rest', async (world) => {
      const { adapter, notAssignable } = world
      const ticket = await adapter.create(sampleDraft(), callOptions())
      let seen = ticket
      for (const accountId of [notAssignable, 'nobody-has-this-id']) {
        const change = { assignee: { accountId }, summary: `Not for ${accountId}` }
        const update = await adapter.update(seen, change, callOptions())
        seen = update.ticket
        expect(update.refused.map(({ field }) => field)).toEqual(['assignee'])
        expect(['not_assignable', 'not_applied', 'invalid_value']).toContain(update.refused[0]?.code)
        expect(update.ticket.assignee).toBeNull()
        if (update.ticket.content.summary !== undefined) {
          expect(update.ticket.content.summary).toBe(change.summary)
        }
      }
    })

    contractCase(book, 'refuses a value that is unknown there, and does the rest', async ({ adapter }) => {
      const ticket = await adapter.create(sampleDraft(), callOptions())
      const change = { priority: '987654321', summary: 'Written', labels: ['written'] }
      const update = await adapter.update(ticket, change, callOptions())
      expect(update.refused.map(({ field }) => field)).toEqual(['priority'])
      if (update.ticket.content.summary !== undefined) {
        expect(update.ticket.content.summary).toBe('Written')
      }
      if (update.ticket.content.labels !== undefined) {
        expect(update.ticket.content.labels).toBe('written')
      }
    })

    contractCase(book, 'does not update a ticket that is not there', async (world) => {
      const { absentTicket, adapter, probes, secrets } = world
      const ticket = await adapter.create(sampleDraft(), callOptions())
      probes.remove(ticket.id)
      for (const ref of [ticket, absentTicket]) {
        const seen = { ...ticket, ...ref }
        const error = await failureOf(adapter.update(seen, { summary: 'x' }, callOptions()), secrets)
        expect(error).toBeInstanceOf(TicketNotFound)
      }
    })
  })
}
