import {
  AccessDenied,
  type CallOptions,
  type PluginHost,
  Rejected,
  type Ticket,
  type TicketDraft,
  ticketIdSchema,
  type TicketingAdapter,
  TicketingError,
  TicketNotFound,
  type TicketStatus,
} from '@tripline/core'
import { listChangedTickets } from './changed-tickets.ts'
import { readTicket } from './current-ticket.ts'
import { findRtAccount } from './rt-account.ts'
import { checkRequestTracker } from './rt-check.ts'
import { RtClient } from './rt-client.ts'
import { addCommentOnce } from './rt-comment.ts'
import {
  categoryOf,
  ticketUrl,
  toCreateBody,
  toLabels,
  toPlainDescription,
  toSubject,
  valuesOf,
} from './rt-mapping.ts'
import type { RtTicket } from './rt-payloads.ts'
import type { RequestTrackerSettings } from './settings.ts'
import { parseTicketReference, ticketNumber } from './ticket-reference.ts'
import { createdTicketsQuery } from './ticket-sql.ts'
import { updateTicket } from './ticket-update.ts'
import { findUpdateOutcome } from './update-outcome.ts'
import { readRtWebhook } from './webhook.ts'

const PAGE = 100

/** Of a ticket that was created and could not be read since; a plan made from it expects nothing. */
const unreadStatus: TicketStatus = { id: '', name: '', category: 'open' }

/** An adapter for one queue of an RT. */
export function createRequestTrackerAdapter(
  settings: RequestTrackerSettings,
  host: PluginHost,
): TicketingAdapter {
  const clientFor = ({ signal }: CallOptions): RtClient => new RtClient(settings, host, signal)

  return {
    createSettlesWithinMs: settings.createSettlesWithinMs,

    async create(draft, options) {
      const client = clientFor(options)
      const body = toCreateBody(draft, settings)
      await requireDedupeField(client)
      const id = await client.createTicket(body)
      return (await readCreated(client, id, draft)) ?? createdTicket(id, draft)
    },

    async findCreated(dedupeKey, options) {
      const client = clientFor(options)
      const { tickets } = await client.searchTickets(
        createdTicketsQuery(settings.dedupeField, dedupeKey),
        PAGE,
      )
      // The oldest: should there be several, everybody has to choose the same one.
      const ids = tickets.map(({ id }) => Number(id)).toSorted((one, other) => one - other)
      for (const id of ids) {
        const found = await readTicket(client, String(id), settings)
        if (found !== null) return found.ticket
      }
      return null
    },

    update: (seen, change, options) => updateTicket(clientFor(options), seen, change, settings),

    findOutcome: (seen, fields, options) => findUpdateOutcome(clientFor(options), seen, fields, settings),

    async link(reference, backlink, options) {
      const id = parseTicketReference(reference, settings.baseUrl)
      const client = clientFor(options)
      const missing = (): TicketNotFound => new TicketNotFound(`There is no ticket ${id}, or it was deleted.`)
      const found = await readTicket(client, id, settings)
      if (found === null) throw missing()
      const { url } = backlink
      if (url === null || linksOf(found.raw).includes(url)) return found.ticket
      const messages = await client.changeTicket(id, { AddRefersTo: url }, null)
      if (messages.some((message) => /permission denied/iu.test(message))) {
        throw new AccessDenied(`Ticket ${id} got no link back to its detection: ${messages.join(' ')}`)
      }
      const linked = await readTicket(client, id, settings)
      if (linked === null) throw missing()
      return linked.ticket
    },

    async find(ref, options) {
      return (await readTicket(clientFor(options), ticketNumber(ref), settings))?.ticket ?? null
    },

    check: (needs, options) => checkRequestTracker(clientFor(options), needs, settings),

    async describe() {
      const { initial, active, inactive } = settings.statuses
      const named = (id: string): { readonly id: string; readonly name: string } => ({ id, name: id })
      return {
        statuses: [...initial, ...active, ...inactive].map((id) => ({
          ...named(id),
          category: categoryOf(id, settings) ?? 'active',
        })),
        resolutions: inactive.map(named),
        priorities: Object.entries(settings.priorities).map(([name, number]) => ({
          id: String(number),
          name,
        })),
      }
    },

    render: (draft) => toCreateBody(draft, settings),

    comment: (ref, text, marker, options) => addCommentOnce(clientFor(options), ref, text, marker, settings),

    findAccount: (username, options) => findRtAccount(clientFor(options), username),

    listTicketsUpdatedSince: (since, cursor, options) =>
      listChangedTickets(clientFor(options), { since, cursor, now: host.now() }, settings),

    receiveWebhook: (request) => readRtWebhook(request),
  }

  /**
   * RT ignores custom fields that it does not know, and would make a ticket that cannot be recognised: should the answer be
   * lost, another one would be made.
   */
  async function requireDedupeField(client: RtClient): Promise<void> {
    const { dedupeField, queue } = settings
    const found = await client.getQueue(queue)
    if (found === null)
      throw new Rejected(`There is no queue ${queue}, or the account may not see it (SeeQueue).`)
    const names = found.TicketCustomFields.map(({ name }) => name.toLowerCase())
    if (names.includes(dedupeField.toLowerCase())) return
    throw new Rejected(
      `The queue ${queue} has no ticket custom field ${dedupeField}, or the account may not see it (SeeCustomField): a created ticket could not be recognised.`,
      [{ path: dedupeField, message: 'must be a ticket custom field of the queue' }],
    )
  }

  /** Twice, since nothing but the answer to a read is missing. */
  async function readCreated(client: RtClient, id: string, draft: TicketDraft): Promise<Ticket | null> {
    for (let attempt = 0; attempt < 2; attempt += 1) {
      try {
        const found = await readTicket(client, id, settings)
        if (found === null) continue
        if (valuesOf(found.raw, settings.dedupeField)?.includes(draft.dedupeKey) !== true) {
          host.log('error', 'A ticket was created without the key that it is recognised by', {
            ticket: id,
            field: settings.dedupeField,
            remedy: 'Grant ModifyCustomField or SetInitialCustomField to the account.',
          })
        }
        return found.ticket
      } catch (error) {
        if (!(error instanceof TicketingError)) throw error
      }
    }
    return null
  }

  /**
   * What is known of a ticket that was created and could not be read. Throwing would lose its id, and with it the only
   * certain proof that nothing has to be created any more. The next read corrects the status.
   */
  function createdTicket(id: string, draft: TicketDraft): Ticket {
    const { descriptionField, labelsField, queue } = settings
    return {
      id: ticketIdSchema.parse(id),
      key: id,
      url: ticketUrl(id, settings),
      container: queue,
      status: unreadStatus,
      resolution: null,
      assignee: null,
      content: {
        summary: toSubject(draft.summary),
        // Without a priority it has the queue's default, whichever that is.
        ...(draft.priority === null ? {} : { priority: draft.priority }),
        ...(descriptionField === undefined
          ? {}
          : { description: toPlainDescription(draft.description, settings) }),
        ...(labelsField === undefined ? {} : { labels: toLabels(draft.labels).join(' ') }),
      },
      updatedAt: host.now(),
    }
  }
}

function linksOf({ _hyperlinks }: RtTicket): readonly (string | undefined)[] {
  return _hyperlinks.filter(({ ref }) => ref === 'refers-to').map(({ _url }) => _url)
}
