import { type HttpAnswer, type HttpClient, type HttpRequest, parseAnswer } from '@tripline/adapter-http'
import { AccessDenied, type JsonObject, TicketNotFound } from '@tripline/core'
import { z } from 'zod'
import { allOf, condition, ordered } from './encoded-query.ts'
import type { Credentials } from './servicenow-credentials.ts'
import {
  cutShort,
  hibernating,
  isCutShort,
  isHibernating,
  LoginRefused,
  missingRoute,
  saysNoRecord,
} from './servicenow-errors.ts'
import * as payloads from './servicenow-payloads.ts'
import type { ServiceNowSettings } from './settings.ts'

/** What to read of a table. */
export interface TableQuery<Row> {
  readonly query: string
  readonly fields: readonly string[]
  readonly limit: number
  readonly schema: z.ZodType<Row>
  /** Whether each value comes with how people read it. */
  readonly shown?: boolean
}

/** Rows that a query found and that we may see. */
export interface FoundRows<Row> {
  readonly rows: readonly Row[]
  /** How many it found, those included that access rules keep from us; `null`: not said. */
  readonly total: number | null
}

/** The requests of one call of the adapter, which end with its signal. */
export class ServiceNowClient {
  readonly #http: HttpClient
  readonly #credentials: Credentials
  readonly #baseUrl: string
  readonly #signal: AbortSignal

  constructor(
    http: HttpClient,
    credentials: Credentials,
    { baseUrl }: Pick<ServiceNowSettings, 'baseUrl'>,
    signal: AbortSignal,
  ) {
    this.#http = http
    this.#credentials = credentials
    this.#baseUrl = baseUrl
    this.#signal = signal
  }

  /**
   * The first incident that a field tells; `null`: there is none.
   *
   * @throws AccessDenied when there is one that we may not see
   */
  async findIncident(
    field: 'sys_id' | 'number' | 'correlation_id',
    value: string,
  ): Promise<payloads.IncidentRecord | null> {
    const { rows, total } = await this.list('incident', {
      query: allOf(condition(field, '=', value), ordered('sys_created_on', 'sys_id')),
      fields: payloads.incidentFields,
      limit: 1,
      schema: payloads.incidentSchema,
      shown: true,
    })
    const [row] = rows
    if (row === undefined && total !== null && total > 0) {
      throw new AccessDenied(`The incident whose ${field} is ${value} is there, and we may not see it.`)
    }
    if (row === undefined) return null
    const found: string | undefined = {
      sys_id: row.id,
      number: row.number,
      correlation_id: row.correlationId,
    }[field]
    if (found === undefined) {
      throw new AccessDenied(
        `An incident was found, and we may not read ${field}, by which it would be known.`,
      )
    }
    // ServiceNow leaves out of a query what it does not understand, and answers with other rows.
    return found.toLowerCase() === value.toLowerCase() ? row : null
  }

  async createIncident(fields: JsonObject): Promise<payloads.IncidentRecord> {
    const answer = await this.#send('POST', '/incident', recordParameters, fields)
    if (answer.status === 404) throw missingRoute(answer)
    return parseAnswer(answer, resultOf(payloads.incidentSchema))
  }

  /**
   * Writes fields of an incident and reads it. ServiceNow leaves out, without a word, what access rules do not let us write.
   *
   * @throws TicketNotFound when there is none (any more)
   */
  async updateIncident(id: string, fields: JsonObject): Promise<payloads.IncidentRecord> {
    const answer = await this.#send('PATCH', `/incident/${id}`, recordParameters, fields)
    if (answer.status !== 404) return parseAnswer(answer, resultOf(payloads.incidentSchema))
    if (!saysNoRecord(answer)) throw missingRoute(answer)
    throw new TicketNotFound(`${answer.request} answered 404: there is no such incident (any more).`)
  }

  /** Rows of any table. */
  async list<Row>(
    table: string,
    { query, fields, limit, schema, shown }: TableQuery<Row>,
  ): Promise<FoundRows<Row>> {
    const answer = await this.#send('GET', `/${table}`, {
      sysparm_query: query,
      sysparm_fields: fields.join(','),
      sysparm_limit: String(limit),
      sysparm_display_value: shown === true ? 'all' : 'false',
      sysparm_exclude_reference_link: 'true',
    })
    if (answer.status === 404) {
      if (saysNoRecord(answer)) return { rows: [], total: totalOf(answer) }
      throw missingRoute(answer)
    }
    return { rows: parseAnswer(answer, resultOf(z.array(schema))), total: totalOf(answer) }
  }

  async #send(
    method: string,
    path: string,
    parameters: Readonly<Record<string, string>>,
    body?: JsonObject,
  ): Promise<HttpAnswer> {
    const url = `${this.#baseUrl}/api/now/table${path}?${new URLSearchParams(parameters).toString()}`
    const request: HttpRequest = { method, url, ...(body === undefined ? {} : { body }) }
    const headers = await this.#credentials.current(this.#signal)
    const answer = await this.#sendOnce({ ...request, headers }).catch(async (error: unknown) => {
      if (!(error instanceof LoginRefused)) throw error
      const renewed = await this.#credentials.renewed(headers, this.#signal)
      if (renewed === null) throw error
      return this.#sendOnce({ ...request, headers: renewed })
    })
    if (isHibernating(answer)) throw hibernating(answer)
    if (answer.status !== 404 && isCutShort(answer)) throw cutShort(answer)
    return answer
  }

  #sendOnce(request: HttpRequest): Promise<HttpAnswer> {
    return this.#http.send(request, this.#signal)
  }
}

const recordParameters = {
  sysparm_fields: payloads.incidentFields.join(','),
  sysparm_display_value: 'all',
  sysparm_exclude_reference_link: 'true',
}

function resultOf<Value>(schema: z.ZodType<Value>): z.ZodType<Value> {
  return z.object({ result: schema }).transform(({ result }) => result)
}

function totalOf({ headers }: HttpAnswer): number | null {
  const count = headers.get('x-total-count')
  return count !== null && /^\d+$/u.test(count) ? Number(count) : null
}
