import { Rejected, Unauthorized } from '@tripline/core'
import { describe, expect, vi } from 'vitest'
import { callOptions, failureOf } from './call-options.ts'
import type { AdapterUnderTest } from './contract-world.ts'
import { newDedupeKey, noNeeds, sampleDescription, sampleDraft } from './sample-drafts.ts'
import { optionalTest, worldTest } from './world-test.ts'

/** Everything that looks around, and the methods that an adapter may leave out. */
export function describeCapabilities(subject: AdapterUnderTest): void {
  describe('check', () => {
    worldTest(subject, 'finds nothing wrong with a sound connection, and changes nothing', async (world) => {
      const { adapter, probes } = world
      const report = await adapter.check(noNeeds, callOptions())
      expect(report.findings.filter(({ severity }) => severity === 'error')).toEqual([])
      expect(report.findings.length).toBeGreaterThan(0)
      expect(report.product).not.toBe('')
      expect(report.account?.id).not.toBe('')
      expect(probes.ticketCount()).toBe(0)
    })
  })

  describe('a description', () => {
    optionalTest(
      subject,
      'describe',
      'knows the statuses that tickets have',
      async (world, describeConnection) => {
        const { adapter, statuses } = world
        const description = await describeConnection(callOptions())
        const ticket = await adapter.create(sampleDraft(), callOptions())
        expect(description.statuses).toContainEqual(ticket.status)
        const ids = description.statuses.map(({ id }) => id)
        expect(ids).toEqual(expect.arrayContaining([statuses.active, statuses.done.id]))
        expect(new Set(ids).size).toBe(ids.length)
      },
    )
  })

  describe('comment', () => {
    optionalTest(
      subject,
      'comment',
      'adds a comment once per marker',
      async ({ adapter, probes }, comment) => {
        const ticket = await adapter.create(sampleDraft(), callOptions())
        const [marker, other] = [newDedupeKey(), newDedupeKey()]
        const first = await comment(ticket, sampleDescription, marker, callOptions())
        expect(await comment(ticket, sampleDescription, marker, callOptions())).toEqual(first)
        expect(probes.commentCount(ticket.id)).toBe(1)
        const second = await comment(ticket, sampleDescription, other, callOptions())
        expect(second.id).not.toBe(first.id)
        expect(probes.commentCount(ticket.id)).toBe(2)
      },
    )

    optionalTest(subject, 'comment', 'recognises its comment however long it is', async (world, comment) => {
      const { adapter, probes } = world
      const ticket = await adapter.create(sampleDraft(), callOptions())
      const long = Array.from({ length: 2_000 }, () => sampleDescription).flat()
      const marker = newDedupeKey()
      await comment(ticket, long, marker, callOptions())
      await comment(ticket, long, marker, callOptions())
      expect(probes.commentCount(ticket.id)).toBe(1)
    })
  })

  describe('findAccount', () => {
    optionalTest(
      subject,
      'findAccount',
      'finds whom tickets can be assigned to',
      async (world, findAccount) => {
        const { account, username } = world.assignable
        expect(await findAccount(username, callOptions())).toEqual(account)
      },
    )

    optionalTest(subject, 'findAccount', 'guesses nobody', async ({ assignable }, findAccount) => {
      for (const username of ['', ' ', 'nobody.at.all', assignable.username.slice(0, 4), '*', '%']) {
        expect({ username, found: await findAccount(username, callOptions()) }).toEqual({
          username,
          found: null,
        })
      }
    })
  })

  describe('listTicketsUpdatedSince', () => {
    optionalTest(subject, 'listTicketsUpdatedSince', 'lists every changed ticket', async (world, list) => {
      const { adapter } = world
      const since = new Date(Date.now() - 60_000)
      const created = new Set<string>()
      for (let index = 0; index < 3; index += 1) {
        created.add((await adapter.create(sampleDraft(), callOptions())).id)
      }
      await vi.waitFor(
        async () => {
          const listed = new Set<string>()
          let cursor: string | null = null
          do {
            const page = await list(since, cursor, callOptions())
            for (const { id } of page.tickets) listed.add(id)
            cursor = page.nextCursor
          } while (cursor !== null)
          expect(listed).toEqual(created)
        },
        { timeout: 10_000, interval: 50 },
      )
    })

    optionalTest(subject, 'listTicketsUpdatedSince', 'refuses a foreign cursor', async (world, list) => {
      await failureOf(list(new Date(), 'not a cursor', callOptions()), world.secrets)
    })
  })

  describe('receiveWebhook', () => {
    optionalTest(
      subject,
      'receiveWebhook',
      'says which ticket a webhook is about',
      async (world, receive) => {
        const ticket = await world.adapter.create(sampleDraft(), callOptions())
        const request = world.webhook?.(ticket, 'current secret')
        if (request === undefined) return
        for (const secrets of [
          ['current secret'],
          ['older', 'current secret'],
          ['current secret', 'newer'],
        ]) {
          const hint = receive({ ...request, secrets })
          expect(hint.tickets).toEqual([{ id: ticket.id, key: ticket.key }])
        }
      },
    )

    optionalTest(subject, 'receiveWebhook', 'refuses what is forged', async (world, receive) => {
      const ticket = await world.adapter.create(sampleDraft(), callOptions())
      const request = world.webhook?.(ticket, 'current secret')
      if (request === undefined) return
      const forged = { ...request, body: Buffer.concat([request.body, Buffer.from(' ')]) }
      const refused = (call: () => unknown) => expect(call).toThrow(Unauthorized)
      refused(() => receive({ ...forged, secrets: ['current secret'] }))
      refused(() => receive({ ...request, secrets: ['another secret'] }))
      refused(() => receive({ ...request, secrets: [] }))
      const empty = world.webhook?.(ticket, '')
      if (empty !== undefined) refused(() => receive({ ...empty, secrets: [''] }))
      const unsigned = world.webhook?.(ticket, null)
      if (unsigned === undefined) return
      if (world.webhooksAreSigned === true)
        refused(() => receive({ ...unsigned, secrets: ['current secret'] }))
      else expect(receive({ ...unsigned, secrets: [] }).tickets).toHaveLength(1)
    })

    optionalTest(
      subject,
      'receiveWebhook',
      'refuses a body it does not understand',
      async (world, receive) => {
        const request = world.webhook?.(world.absentTicket, null)
        if (request === undefined || world.webhooksAreSigned === true) return
        for (const body of ['', 'nonsense', '[]', '{"issue":{"id":"../1","key":""}}']) {
          expect(() => receive({ ...request, body: Buffer.from(body), secrets: [] })).toThrow(Rejected)
        }
      },
    )
  })
}
