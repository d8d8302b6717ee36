import type { ContractWorld } from '@tripline/adapter-testkit'
import { parsePluginSettings, type PluginHost, type TicketingAdapter, ticketIdSchema } from '@tripline/core'
import { acmePlugin } from '../src/index.ts'
import { accounts, startAcme, type StoredTicket } from './acme-simulator.ts'

const token = 'tok-5ecret-0f-tripline'

/** An Acme for one test, the plugin connected to it, and what the contract needs to know about Acme. */
export async function startAcmeWorld(): Promise<ContractWorld> {
  const simulator = await startAcme(token)
  const host: PluginHost = { fetch: globalThis.fetch, now: () => new Date(), log: () => {} }
  const connect = (change: object): TicketingAdapter =>
    acmePlugin.connect(parsePluginSettings(acmePlugin, { baseUrl: simulator.url, token, ...change }), host)
  const ticketOf = (id: string): StoredTicket => {
    const ticket = simulator.tickets.get(Number(id))
    if (ticket === undefined) throw new Error(`There is no ticket ${id}`)
    return ticket
  }

  return {
    adapter: connect({}),
    impatient: connect({ timeoutMs: 150 }),
    unauthorized: connect({ token: 'wr0ng-token' }),
    secrets: [token, 'wr0ng-token'],
    faults: simulator.faults,
    // Which requests create and read a ticket: faults strike these.
    createRequest: { method: 'POST', path: '/api/tickets' },
    readRequest: { method: 'GET', path: '/api/tickets/:id' },
    // The ids of Acme: of statuses, of a priority, of accounts.
    statuses: { active: 'working', done: { id: 'done', resolutionId: null }, unreachable: 'archived' },
    priority: 'high',
    assignable: { account: accounts.maria, username: 'maria' },
    notAssignable: accounts.auditor.id,
    // What `link` has to refuse, a ticket that is not there, and ids that could address something else.
    foreignReferences: ['https://elsewhere.example/tickets/1', `${simulator.url}/tickets/1/../2`],
    absentTicket: { id: ticketIdSchema.parse('999999'), key: '999999', reference: '999999' },
    malformedIds: ['../1', '1/../2', '1?x=y', '%2e%2e', '1#', 'a b', '01', '-1'],
    // What is in Acme, past the adapter, so that it does not vouch for itself.
    probes: {
      ticketsWithKey: (key) =>
        [...simulator.tickets.values()]
          .filter(({ dedupeKey }) => dedupeKey === key)
          .map(({ id }) => ticketIdSchema.parse(String(id))),
      ticketCount: () => simulator.tickets.size,
      summary: (id) => ticketOf(id).summary,
      description: (id) => ({ text: ticketOf(id).description, active: [] }),
      backlinks: (id) => ticketOf(id).backlinks,
      commentCount: () => 0,
      remove: (id) => void simulator.tickets.delete(Number(id)),
      rename: (id, summary) => void simulator.edit(Number(id), { summary }),
    },
    close: () => simulator.close(),
  }
}
