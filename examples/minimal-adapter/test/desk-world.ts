import type { ContractWorld } from '@tripline/adapter-testkit'
import {
  parsePluginSettings,
  type PluginHost,
  type TicketId,
  type TicketingAdapter,
  ticketIdSchema,
} from '@tripline/core'
import type { DeskTicket } from '../src/desk-payloads.ts'
import { deskPlugin } from '../src/index.ts'
import { agents, type DeskSimulator, startDesk } from './desk-simulator.ts'

const token = 'tok-5ecret-0f-tripline'

/** What the contract needs to know about Desk, and a Desk of its own to try it on. */
export interface DeskWorld extends ContractWorld {
  readonly desk: DeskSimulator
  /** The same connection with other settings. */
  readonly connect: (change: object) => TicketingAdapter
}

/** A Desk for one test, and the plugin connected to it. */
export async function startDeskWorld(): Promise<DeskWorld> {
  const desk = await startDesk(token)
  const host: PluginHost = { fetch: globalThis.fetch, now: () => new Date(), log: () => {} }
  const connect: DeskWorld['connect'] = (change) =>
    deskPlugin.connect(
      parsePluginSettings(deskPlugin, { baseUrl: desk.url, token, queue: 'SEC', ...change }),
      host,
    )
  const ticketOf = (id: TicketId): DeskTicket => {
    const ticket = desk.tickets.get(Number(id))
    if (ticket === undefined) throw new Error(`There is no ticket ${id}`)
    return ticket
  }

  return {
    desk,
    connect,
    adapter: connect({}),
    impatient: connect({ timeoutMs: 150 }),
    unauthorized: connect({ token: 'wr0ng-token' }),
    secrets: [token, 'wr0ng-token'],
    faults: desk.faults,
    createRequest: { method: 'POST', path: '/api/tickets' },
    readRequest: { method: 'GET', path: '/api/tickets/:id' },
    statuses: { active: 'working', done: { id: 'done', resolutionId: null }, unreachable: 'archived' },
    priority: 'high',
    assignable: { account: agents.maria, username: 'maria' },
    notAssignable: agents.auditor.id,
    foreignReferences: [
      'https://elsewhere.example/tickets/1',
      'http://127.0.0.1:1/tickets/1',
      `${desk.url}/tickets/`,
      `${desk.url}/tickets/1/../2`,
      `${desk.url.replace('127.0.0.1', 'localhost')}/tickets/1`,
    ],
    absentTicket: { id: ticketIdSchema.parse('999999'), key: 'DESK-999999', reference: 'DESK-999999' },
    malformedIds: ['DESK-1', '../1', '1/../2', '1?x=y', '%2e%2e', '1#', 'a b', '0', '01', '-1', '1e0'],
    probes: {
      ticketsWithKey: (key) =>
        [...desk.tickets.values()]
          .filter(({ externalId }) => externalId === key)
          .map(({ id }) => ticketIdSchema.parse(String(id))),
      ticketCount: () => desk.tickets.size,
      summary: (id) => ticketOf(id).subject,
      description: (id) => ({ text: ticketOf(id).body, active: [] }),
      backlinks: (id) => ticketOf(id).links.map(({ url }) => url),
      commentCount: () => 0,
      remove: (id) => void desk.tickets.delete(Number(id)),
      rename: (id, subject) => void desk.edit(Number(id), { subject }),
      move: (id) => void desk.edit(Number(id), { queue: 'NET' }),
    },
    close: () => desk.close(),
  }
}
