import { createHttpClient, missingRoute } from '@tripline/adapter-http'
import {
  type CallOptions,
  type JsonObject,
  type PluginHost,
  type RefusedChange,
  Rejected,
  type SyncField,
  type TicketingAdapter,
  TicketNotFound,
} from '@tripline/core'
import { z } from 'zod'
import { checkDesk } from './desk-check.ts'
import { parseReference, toCreateBody, toParts, toPath, toTicket, valueOf } from './desk-mapping.ts'
import { type DeskTicket, readDeskIssues, ticketSchema } from './desk-payloads.ts'
import type { DeskSettings } from './settings.ts'

/** An adapter for one queue of a Desk. */
export function createDeskAdapter(settings: DeskSettings, host: PluginHost): TicketingAdapter {
  const http = createHttpClient({
    fetch: host.fetch,
    now: host.now,
    headers: { authorization: `Bearer ${settings.token}` },
    timeoutMs: settings.timeoutMs,
    readIssues: readDeskIssues,
  })

  /** @throws TicketNotFound when Desk itself says that nothing is there */
  async function request<Value>(
    method: string,
    path: string,
    schema: z.ZodType<Value>,
    { signal }: CallOptions,
    body?: JsonObject,
  ): Promise<Value> {
    const url = `${settings.baseUrl}/api${path}`
    const found = await http.requestJson({ method, url, schema, body }, signal)
    if (found.found) return found.value
    const { request: shown, text } = found.answer
    if (readDeskIssues(text).length > 0) throw new TicketNotFound(`${shown} found nothing.`)
    throw missingRoute(found.answer, `${shown} answered 404, and not as Desk does; is the base URL right?`)
  }

  const read = (ref: Parameters<typeof toPath>[0], options: CallOptions): Promise<DeskTicket> =>
    request('GET', toPath(ref), ticketSchema, options)

  /** Names the version it was decided on: when somebody came between, Desk answers 409, and it is planned anew. */
  const patch = ({ id, version }: DeskTicket, body: JsonObject, options: CallOptions): Promise<DeskTicket> =>
    request('PATCH', `/tickets/${id}`, ticketSchema, options, { ...body, version })

  return {
    // Desk answers within 30 seconds or drops the request.
    createSettlesWithinMs: 30_000,

    async create(draft, options) {
      const body = toCreateBody(draft, settings)
      return toTicket(await request('POST', '/tickets', ticketSchema, options, body), settings)
    },

    async findCreated(dedupeKey, options) {
      const path = `/tickets?externalId=${encodeURIComponent(dedupeKey)}`
      const tickets = await request('GET', path, z.array(ticketSchema), options)
      // A Desk that did not know the parameter would answer with everybody's tickets.
      const created = tickets.find(({ externalId }) => externalId === dedupeKey)
      return created === undefined ? null : toTicket(created, settings)
    },

    async update(seen, change, options) {
      let now = await read(seen, options)
      let statusId: string | null = null
      const refused: RefusedChange[] = []
      for (const { field, wanted, steps } of toParts(change)) {
        const valueNow = (): string | null => valueOf(toTicket(now, settings), field)
        if (valueNow() === wanted) continue
        const wasRead = field !== 'status' || seen.status.id !== ''
        if (wasRead && valueNow() !== valueOf(seen, field)) {
          refused.push({ field, code: 'changed_meanwhile', message: `Somebody else changed the ${field}.` })
          continue
        }
        try {
          for (const step of steps) {
            now = await patch(now, step, options)
            if (field === 'status') statusId = now.status
          }
          if (valueNow() === wanted) continue
          refused.push({ field, code: 'not_applied', message: `Desk took the ${field} and did not set it.` })
        } catch (error) {
          if (!(error instanceof Rejected)) throw error
          refused.push({ field, code: refusalCode(field, error), message: error.message })
        }
      }
      return { ticket: toTicket(now, settings), statusId, refused, overwritten: [] }
    },

    async link(reference, { title, url }, options) {
      const ticket = await read({ id: parseReference(reference, settings) }, options)
      if (url === null || ticket.links.some((link) => link.url === url)) return toTicket(ticket, settings)
      const links = [...ticket.links, { url, title }]
      return toTicket(await patch(ticket, { links }, options), settings)
    },

    async find(ref, options) {
      try {
        return toTicket(await read(ref, options), settings)
      } catch (error) {
        if (error instanceof TicketNotFound) return null
        throw error
      }
    },

    check: (needs, options) =>
      checkDesk((path, schema) => request('GET', path, schema, options), needs, settings),
  }
}

function refusalCode(field: SyncField, { issues }: Rejected): RefusedChange['code'] {
  if (field === 'assignee') return 'not_assignable'
  return issues.some(({ path }) => path === 'status') ? 'no_transition' : 'invalid_value'
}
