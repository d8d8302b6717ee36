import {
  AccessDenied,
  RateLimited,
  type Ticket,
  type TicketingAdapter,
  Unauthorized,
  Unavailable,
  UnexpectedResponse,
} from '@tripline/core'
import { expect } from 'vitest'
import type { FaultScript } from '../simulator/fault-script.ts'
import { callOptions, failureOf } from './call-options.ts'
import type { ContractWorld } from './contract-world.ts'
import { newDedupeKey, noNeeds, sampleDescription, sampleDraft } from './sample-drafts.ts'
import { statusChange } from './update-contract.ts'
import { type ContractBook, contractCase, group } from './contract-book.ts'

const faults: readonly (readonly [string, FaultScript, abstract new (...args: never[]) => Error])[] = [
  ['401', { kind: 'server-error', status: 401 }, Unauthorized],
  ['403', { kind: 'server-error', status: 403 }, AccessDenied],
  ['429 with Retry-After', { kind: 'rate-limited', retryAfterSeconds: 7 }, RateLimited],
  ['429 without Retry-After', { kind: 'rate-limited' }, RateLimited],
  ['503 with Retry-After', { kind: 'server-error', status: 503, retryAfterSeconds: 7 }, RateLimited],
  ['503', { kind: 'server-error', status: 503 }, Unavailable],
  ['500', { kind: 'server-error', status: 500 }, Unavailable],
  ["a gateway's page", { kind: 'html', status: 502 }, Unavailable],
  ['no answer in time', { kind: 'hang' }, Unavailable],
  ['a cut connection', { kind: 'cut-before-processing' }, Unavailable],
  ['a garbled body', { kind: 'garbled' }, UnexpectedResponse],
  ['a huge body', { kind: 'huge' }, UnexpectedResponse],
]

/** Failing: by the class alone, since the class alone decides what happens next. */
export function describeFailures(book: ContractBook): void {
  group(book, 'a failure', () => {
    for (const [what, fault, expected] of faults) {
      contractCase(book, `is ${expected.name} for ${what}, whatever was called`, async (world) => {
        const { readRequest, secrets } = world
        const ticket = await world.adapter.create(sampleDraft(), callOptions())
        for (const call of callsThatRead(adapterFor(world, fault), ticket.key)) {
          world.faults.add({ ...readRequest, ...fault, times: 50 })
          const error = await failureOf(call(ticket), secrets)
          expect(error).toBeInstanceOf(expected)
          expect(error.outcome).toBe('not_done')
          if (error instanceof RateLimited) {
            expect(error.retryAfterMs).toBe(fault.retryAfterSeconds === undefined ? null : 7_000)
          }
          world.faults.clear()
        }
      })

      contractCase(book, `is ${expected.name} for ${what} to a create`, async (world) => {
        const { createRequest, secrets } = world
        world.faults.add({ ...createRequest, ...fault })
        const error = await failureOf(adapterFor(world, fault).create(sampleDraft(), callOptions()), secrets)
        expect(error).toBeInstanceOf(expected)
      })
    }

    contractCase(book, 'after a write leaves nothing that repeating it does not mend', async (world) => {
      const { adapter, faults, probes, secrets, statuses } = world
      const ticket = await adapter.create(sampleDraft(), callOptions())
      const change = {
        status: statusChange(statuses.active),
        summary: 'Written',
        labels: ['written'],
      }
      const backlink = { ...sampleDraft().backlink, url: 'https://tripline.example/detections/9' }
      const marker = newDedupeKey()
      const writes: readonly (() => Promise<unknown> | undefined)[] = [
        () => adapter.update(ticket, change, callOptions()),
        () => adapter.link(ticket.key, backlink, callOptions()),
        () => adapter.comment?.(ticket, sampleDescription, marker, callOptions()),
      ]
      for (const write of writes) {
        faults.add({ kind: 'cut-after-processing', matches: ({ method }) => method !== 'GET' })
        const first = write()
        if (first !== undefined) {
          expect(await failureOf(first, secrets)).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' })
        }
        faults.clear()
        await write()
      }
      const found = await adapter.find(ticket, callOptions())
      expect(found?.status.id).toBe(statuses.active)
      expect(probes.summary(ticket.id)).toBe('Written')
      expect(probes.backlinks(ticket.id).filter((url) => url === backlink.url)).toHaveLength(1)
      expect(probes.commentCount(ticket.id)).toBe(adapter.comment === undefined ? 0 : 1)
    })

    contractCase(book, 'is Unauthorized with credentials that are refused', async (world) => {
      const { adapter, secrets, unauthorized } = world
      const ticket = await adapter.create(sampleDraft(), callOptions())
      for (const call of [
        () => unauthorized.create(sampleDraft(), callOptions()),
        () => unauthorized.check(noNeeds, callOptions()),
        () => unauthorized.update(ticket, { summary: 'x' }, callOptions()),
        () =>
          unauthorized.findCreated?.(sampleDraft().dedupeKey, callOptions()) ??
          unauthorized.check(noNeeds, callOptions()),
      ]) {
        expect(await failureOf(call(), secrets)).toBeInstanceOf(Unauthorized)
      }
    })
  })
}

function adapterFor({ adapter, impatient }: ContractWorld, { kind }: FaultScript): TicketingAdapter {
  return kind === 'hang' ? impatient : adapter
}

type Call = (ticket: Ticket) => Promise<unknown>

function callsThatRead(adapter: TicketingAdapter, key: string): readonly Call[] {
  const backlink = { ...sampleDraft().backlink, url: null }
  return [
    (ticket) => adapter.find(ticket, callOptions()),
    (ticket) => adapter.update(ticket, { summary: 'x' }, callOptions()),
    () => adapter.link(key, backlink, callOptions()),
  ]
}
