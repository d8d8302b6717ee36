import { Rejected, Unauthorized } from '@tripline/core'
import { expect, vi } from 'vitest'
import { callOptions, failureOf } from './call-options.ts'
import { newDedupeKey, noNeeds, sampleDescription, sampleDraft } from './sample-drafts.ts'
import { type ContractBook, contractCase, group, optionalCase } from './contract-book.ts'

/** Everything that looks around, and the methods that an adapter may leave out. */
export function describeCapabilities(book: ContractBook): void {
  group(book, 'check', () => {
    contractCase(book, 'finds nothing wrong with a sound connection, and changes nothing', async (world) => {
      const { adapter, probes } = world
      const report = await adapter.check(noNeeds, callOptions())
      expect(report.findings.filter(({ severity }) => severity === 'error')).toEqual([])
      expect(report.findings.length).toBeGreaterThan(0)
      expect(report.product).not.toBe('')
      expect(report.account?.id).not.toBe('')
      expect(probes.ticketCount()).toBe(0)
    })

    contractCase(book, 'takes accounts that tickets can be assigned to for sound', async (world) => {
      const { adapter, assignable } = world
      const accounts = [{ username: 'a.person', accountId: assignable.account.id }]
      const { findings } = await adapter.check({ ...noNeeds, accounts }, callOptions())
      expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
    })

    contractCase(book, 'names what is mapped and cannot be used, and what to do', async (world) => {
      const { adapter, notAssignable } = world
      const accounts = ['nobody-has-this-id', notAssignable].map((accountId, index) => ({
        username: `person-${index}`,
        accountId,
      }))
      const needs = { createFields: ['no-field-of-this-name'], outcomes: [], accounts }
      const { findings } = await adapter.check(needs, callOptions())
      const problems = findings.filter(({ severity }) => severity !== 'ok')
      for (const { username, accountId } of accounts) {
        const named = problems.find(
          ({ message }) => message.includes(username) && message.includes(accountId),
        )
        expect({ username, remedy: named?.remedy }).toEqual({ username, remedy: expect.stringMatching(/./u) })
      }
      const field = problems.find(({ message }) => message.includes('no-field-of-this-name'))
      expect(field).toMatchObject({ severity: 'error', remedy: expect.stringMatching(/./u) })
    })
  })

  group(book, 'a description', () => {
    optionalCase(
      book,
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

  group(book, 'comment', () => {
    optionalCase(book, 'comment', 'adds a comment once per marker', async ({ adapter, probes }, comment) => {
      const ticket = await adapter.create(sampleDraft(), callOptions())
      const [marker, other] = [newDedupeKey(), newDedupeKey()]
      const first = await comment(ticket, sampleDescription, marker, callOptions())
      expect(await comment(ticket, sampleDescription, marker, callOptions())).toEqual(first)
      expect(probes.commentCount(ticket.id)).toBe(1)
      const second = await comment(ticket, sampleDescription, other, callOptions())
      expect(second.id).not.toBe(first.id)
      expect(probes.commentCount(ticket.id)).toBe(2)
    })

    optionalCase(book, 'comment', 'recognises its comment however long it is', async (world, comment) => {
      const { adapter, probes } = world
      const ticket = await adapter.create(sampleDraft(), callOptions())
      const long = Array.from({ length: 2_000 }, () => sampleDescription).flat()
      const marker = newDedupeKey()
      await comment(ticket, long, marker, callOptions())
      await comment(ticket, long, marker, callOptions())
      expect(probes.commentCount(ticket.id)).toBe(1)
    })
  })

  group(book, 'findAccount', () => {
    optionalCase(book, 'findAccount', 'finds whom tickets can be assigned to', async (world, findAccount) => {
      const { account, username } = world.assignable
      expect(await findAccount(username, callOptions())).toEqual(account)
    })

    optionalCase(book, 'findAccount', 'guesses nobody', async ({ assignable }, findAccount) => {
      for (const username of ['', ' ', 'nobody.at.all', assignable.username.slice(0, 4), '*', '%']) {
        expect({ username, found: await findAccount(username, callOptions()) }).toEqual({
          username,
          found: null,
        })
      }
    })
  })

  group(book, 'listTicketsUpdatedSince', () => {
    optionalCase(book, 'listTicketsUpdatedSince', 'lists every changed ticket', async (world, list) => {
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

    optionalCase(book, 'listTicketsUpdatedSince', 'refuses a foreign cursor', async (world, list) => {
      await failureOf(list(new Date(), 'not a cursor', callOptions()), world.secrets)
    })
  })

  group(book, 'receiveWebhook', () => {
    optionalCase(book, 'receiveWebhook', 'says which ticket a webhook is about', async (world, receive) => {
      const ticket = await world.adapter.create(sampleDraft(), callOptions())
      const request = world.webhook?.(ticket, 'current secret')
      if (request === undefined) return
      for (const secrets of [['current secret'], ['older', 'current secret'], ['current secret', 'newer']]) {
        const hint = receive({ ...request, secrets })
        expect(hint.tickets).toEqual([{ id: ticket.id, key: ticket.key }])
      }
    })

    optionalCase(book, 'receiveWebhook', 'refuses what is forged', async (world, receive) => {
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

    optionalCase(book, 'receiveWebhook', 'refuses a body it does not understand', async (world, receive) => {
      const request = world.webhook?.(world.absentTicket, null)
      if (request === undefined || world.webhooksAreSigned === true) return
      for (const body of ['', 'nonsense', '[]', '{"issue":{"id":"../1","key":""}}']) {
        expect(() => receive({ ...request, body: Buffer.from(body), secrets: [] })).toThrow(Rejected)
      }
    })
  })
}
