import { createHttpClient, type Found, type HttpClient, type HttpRequest } from '@tripline/adapter-http'
import {
  type JsonObject,
  type PluginHost,
  PluginOutdated,
  TicketNotFound,
  UnexpectedResponse,
} from '@tripline/core'
import type { z } from 'zod'
import { classifyRtAnswer, readRtIssues, requireMissingThing } from './rt-errors.ts'
import * as payloads from './rt-payloads.ts'
import { authorization, type RequestTrackerSettings } from './settings.ts'

const TRANSACTION_FIELDS = 'Type,Field,OldValue,NewValue,Data,Created,Creator'
const PAGE = 100

/** A ticket, and the tag that a write may name so that it is only done when nobody changed the ticket since. */
export interface ReadTicket {
  readonly ticket: payloads.RtTicket
  readonly etag: string | null
}

/** A page of what a search finds. */
export interface FoundTickets {
  readonly tickets: readonly payloads.FoundTicket[]
  /** Whether there may be more behind. RT does not count where it filters what the account may not see. */
  readonly more: boolean
}

/** The requests of one call of the adapter, which end with its signal. `null`: it is not there. */
export class RtClient {
  readonly #http: HttpClient
  readonly #base: string
  readonly #signal: AbortSignal

  constructor(settings: RequestTrackerSettings, host: PluginHost, signal: AbortSignal) {
    this.#http = createHttpClient({
      fetch: host.fetch,
      now: host.now,
      headers: { authorization: authorization(settings) },
      timeoutMs: settings.timeoutMs,
      readIssues: readRtIssues,
      classify: classifyRtAnswer,
    })
    this.#base = `${settings.baseUrl}/REST/2.0`
    this.#signal = signal
  }

  async getTicket(id: string): Promise<ReadTicket | null> {
    const found = await this.#request(
      { method: 'GET', url: `/ticket/${id}?fields[Queue]=Name` },
      payloads.ticketSchema,
    )
    // To RT a deleted ticket is one with a status that hides it everywhere.
    if (found === null || found.value.Status === 'deleted') return null
    return { ticket: found.value, etag: found.answer.headers.get('etag') }
  }

  async createTicket(body: JsonObject): Promise<string> {
    return (await this.#demand({ method: 'POST', url: '/ticket', body }, payloads.createdSchema)).id
  }

  /**
   * Changes a ticket, if it still has this tag. What RT says of it: of a change it does not make as well.
   *
   * @throws TicketChanged when somebody changed the ticket since
   */
  async changeTicket(id: string, body: JsonObject, etag: string | null): Promise<readonly string[]> {
    const headers = etag === null ? {} : { 'if-match': etag }
    const found = await this.#request(
      { method: 'PUT', url: `/ticket/${id}`, body, headers },
      payloads.messagesSchema,
    )
    if (found === null) throw new TicketNotFound(`There is no ticket ${id} (any more).`)
    return found.value.filter((message) => message !== null)
  }

  /** The id of the new transaction. */
  async addComment(id: string, body: JsonObject): Promise<string> {
    const answer = await this.#http.send(
      { method: 'POST', url: `${this.#base}/ticket/${id}/comment`, body },
      this.#signal,
    )
    if (answer.status === 404) {
      requireMissingThing(answer)
      throw new TicketNotFound(`There is no ticket ${id} (any more).`)
    }
    const transaction = /\/transaction\/(\d+)$/u.exec(answer.headers.get('location') ?? '')?.[1]
    if (transaction === undefined) {
      throw new UnexpectedResponse(`${answer.request} does not say what became of the comment.`, {
        outcome: 'unknown',
      })
    }
    return transaction
  }

  async getTransaction(id: string): Promise<z.output<typeof payloads.transactionSchema>> {
    return this.#demand({ method: 'GET', url: `/transaction/${id}` }, payloads.transactionSchema)
  }

  /** The transactions of a ticket, the newest first, page by page. */
  async *listHistory(id: string): AsyncGenerator<payloads.RtTransaction> {
    for (let page = 1, last = false; !last; page += 1) {
      const query = new URLSearchParams({
        fields: TRANSACTION_FIELDS,
        orderby: 'id',
        order: 'DESC',
        per_page: String(PAGE),
        page: String(page),
      })
      const { items, pages } = await this.#demand(
        { method: 'GET', url: `/ticket/${id}/history?${query}` },
        payloads.historySchema,
      )
      yield* items
      // What the account may not see is left out of a page, and then RT does not count the pages either.
      last = items.length === 0 || (typeof pages === 'number' && page >= pages)
    }
  }

  /** The oldest change first. */
  async searchTickets(query: string, limit: number, page = 1): Promise<FoundTickets> {
    const parameters = new URLSearchParams({
      query,
      fields: 'LastUpdated',
      per_page: String(limit),
      page: String(page),
    })
    for (const column of ['LastUpdated', 'id']) {
      parameters.append('orderby', column)
      parameters.append('order', 'ASC')
    }
    const url = `/tickets?${parameters}`
    const { items, pages } = await this.#demand({ method: 'GET', url }, payloads.foundTicketsSchema)
    return { tickets: items, more: typeof pages === 'number' ? pages > page : items.length > 0 }
  }

  /** By name or id; `null` also where the account may not see it. */
  async getQueue(queue: string): Promise<payloads.RtQueue | null> {
    const found = await this.#request(
      { method: 'GET', url: `/queue/${encodeURIComponent(queue)}` },
      payloads.queueSchema,
    )
    return found?.value ?? null
  }

  async getUser(nameOrId: string): Promise<payloads.RtUser | null> {
    const found = await this.#request(
      { method: 'GET', url: `/user/${encodeURIComponent(nameOrId)}` },
      payloads.userSchema,
    )
    return found?.value ?? null
  }

  /** The names of the users with an e-mail address. */
  async findUsersByEmail(email: string): Promise<readonly string[]> {
    const body = [{ field: 'EmailAddress', operator: '=', value: email }]
    const { items } = await this.#demand(
      { method: 'POST', url: '/users', body, writes: false },
      payloads.foundUsersSchema,
    )
    return items.map(({ id }) => id)
  }

  async getVersion(): Promise<string> {
    return (await this.#demand({ method: 'GET', url: '/rt' }, payloads.serverSchema)).Version
  }

  async #request<Value>(
    request: HttpRequest,
    schema: z.ZodType<Value>,
  ): Promise<Extract<Found<Value>, { found: true }> | null> {
    const answer = await this.#http.requestJson(
      { ...request, url: `${this.#base}${request.url}`, schema },
      this.#signal,
    )
    if (answer.found) return answer
    requireMissingThing(answer.answer)
    return null
  }

  /** For what is always there. */
  async #demand<Value>(request: HttpRequest, schema: z.ZodType<Value>): Promise<Value> {
    const found = await this.#request(request, schema)
    if (found === null) {
      throw new PluginOutdated(
        `${request.method} ${request.url.replace(/\?.*$/u, '')} is not there: this RT has no such part of the interface.`,
      )
    }
    return found.value
  }
}
