import { createJsonApi, issueReader, updateByParts } from '@tripline/adapter-http'
import {
  type CallOptions,
  partsOf,
  placeFindings,
  type PluginHost,
  type Ticket,
  type TicketingAdapter,
} from '@tripline/core'
import { z } from 'zod'
import { deskParts, idIn, toCreateBody, toPath, toTicket } from './desk-mapping.ts'
import { queueSchema, refusalSchema, sessionSchema, ticketSchema } from './desk-payloads.ts'
import type { DeskSettings } from './settings.ts'

/** An adapter for one queue of a Desk. */
export function createDeskAdapter(settings: DeskSettings, host: PluginHost): TicketingAdapter {
  const desk = createJsonApi({
    title: 'Desk',
    root: `${settings.baseUrl}/api`,
    fetch: host.fetch,
    now: host.now,
    headers: { authorization: `Bearer ${settings.token}` },
    timeoutMs: settings.timeoutMs,
    readIssues: issueReader(refusalSchema),
  })

  const read = async (path: string, options: CallOptions): Promise<Ticket> =>
    toTicket(await desk.get(path, ticketSchema, options), settings)

  /** Names the version it was decided on: when somebody came between, Desk answers 409, and it is planned anew. */
  const patch = async (path: string, body: object, version: number, options: CallOptions): Promise<Ticket> =>
    toTicket(await desk.send('PATCH', path, { ...body, version }, ticketSchema, options), settings)

  return {
    // Desk answers within 30 seconds or drops the request.
    createSettlesWithinMs: 30_000,

    async create(draft, options) {
      const body = toCreateBody(draft, settings)
      return toTicket(await desk.send('POST', '/tickets', body, ticketSchema, options), settings)
    },

    async findCreated(dedupeKey, options) {
      const path = `/tickets?externalId=${encodeURIComponent(dedupeKey)}`
      const tickets = await desk.get(path, z.array(ticketSchema), options)
      // A Desk that did not know the parameter would answer with everybody's tickets.
      const created = tickets.find(({ externalId }) => externalId === dedupeKey)
      return created === undefined ? null : toTicket(created, settings)
    },

    async update(seen, change, options) {
      const path = toPath(seen.id)
      return await updateByParts(seen, partsOf(change, deskParts), {
        read: () => read(path, options),
        write: (step, now) => patch(path, step, Number(now.revision), options),
        codeOf: (field, { issues }) =>
          field === 'status' && issues.every(({ path: name }) => name !== field) ? 'invalid_value' : null,
      })
    },

    async link(reference, { title, url }, options) {
      const path = toPath(idIn(reference, settings))
      const ticket = await desk.get(path, ticketSchema, options)
      if (url === null || ticket.links.some((link) => link.url === url)) return toTicket(ticket, settings)
      return await patch(path, { links: [...ticket.links, { url, title }] }, ticket.version, options)
    },

    async find({ id }, options) {
      const ticket = await desk.find(toPath(id), ticketSchema, options)
      return ticket === null ? null : toTicket(ticket, settings)
    },

    async check(needs, options) {
      const { agent, product } = await desk.get('/me', sessionSchema, options)
      const queues = await desk.get('/queues', z.array(queueSchema), options)
      const queue = queues.find(({ name }) => name === settings.queue)
      const offer = queue && {
        fields: queue.fields,
        resolutions: [],
        accounts: queue.agents.map(({ id }) => id),
      }
      const findings = placeFindings('queue', settings.queue, offer ?? null, needs)
      return { product, account: agent, findings }
    },
  }
}
