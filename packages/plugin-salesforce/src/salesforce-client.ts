import { type JsonObject, UnexpectedResponse } from '@tripline/core'
import type { z } from 'zod'
import { readPayload } from './read-payload.ts'
import type { OpenConnection } from './salesforce-connection.ts'
import * as payloads from './salesforce-payloads.ts'
import type { Session } from './salesforce-sessions.ts'
import type { SalesforceSettings } from './settings.ts'
import { quoted } from './soql.ts'

const MAX_PAGES = 50

/** The requests of one call of the adapter, which end with its signal. */
export class SalesforceClient {
  readonly session: Session
  readonly #jsforce: OpenConnection['jsforce']
  readonly #settings: SalesforceSettings

  constructor({ jsforce, session }: OpenConnection, settings: SalesforceSettings) {
    this.#jsforce = jsforce
    this.#settings = settings
    this.session = session
  }

  /**
   * The one case that a field tells; `null`: there is none, or we may not see it. By a query and not by its address, where a
   * missing case and a missing API answer alike.
   */
  async findCase(field: string, value: string): Promise<payloads.CaseRecord | null> {
    const { caseUrlField, outcomeField } = this.#settings
    const fields = [...payloads.caseFields, caseUrlField, outcomeField].filter((name) => name !== undefined)
    const soql = `SELECT ${fields.join(', ')} FROM Case WHERE ${field} = ${quoted(value)} ORDER BY CreatedDate ASC, Id ASC LIMIT 1`
    return (await this.query(soql, payloads.caseSchema))[0] ?? null
  }

  /**
   * Creates the case that carries an external id, or writes to the one that does; answers its id.
   *
   * @see https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_upsert.htm
   */
  async upsertCase(externalId: string, fields: JsonObject): Promise<string> {
    const { assignmentRules, externalIdField } = this.#settings
    const record = { ...fields, [externalIdField]: externalId }
    const answer: unknown = await this.#jsforce.upsert('Case', record, externalIdField, {
      headers: assignment(assignmentRules),
    })
    return readPayload(payloads.savedSchema, answer, 'Creating a case', true).id
  }

  /**
   * Writes fields of a case.
   *
   * @param unmodifiedSince as it was read, by the second; `null`: whatever happened since
   * @throws ModifiedSince when it was changed after that
   * @see https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/intro_rest_conditional_requests.htm
   */
  async updateCase(id: string, fields: JsonObject, unmodifiedSince: Date | null): Promise<void> {
    // The active rules would give the case to somebody else with every update.
    const headers = {
      ...assignment(false),
      ...(unmodifiedSince === null ? {} : { 'If-Unmodified-Since': unmodifiedSince.toUTCString() }),
    }
    await this.#jsforce.update('Case', { ...fields, Id: id }, { headers })
  }

  /** Makes a record of another kind and answers its id. */
  async createRecord(type: string, fields: JsonObject): Promise<string> {
    const answer: unknown = await this.#jsforce.create(type, fields)
    return readPayload(payloads.savedSchema, answer, `Creating a ${type}`, true).id
  }

  /** The first rows that a query finds, as many as a page holds. */
  async query<Row>(soql: string, schema: z.ZodType<Row>): Promise<readonly Row[]> {
    const { rows } = await this.#page(`/query?q=${encodeURIComponent(soql)}`, schema)
    return rows
  }

  /** All rows that a query finds, page by page. */
  async queryAll<Row>(soql: string, schema: z.ZodType<Row>): Promise<readonly Row[]> {
    const all: Row[] = []
    let path: string | null = `/query?q=${encodeURIComponent(soql)}`
    for (let pages = 0; path !== null; pages += 1) {
      if (pages === MAX_PAGES)
        throw new UnexpectedResponse(`A query is not at its end after ${MAX_PAGES} pages.`)
      const page: Page<Row> = await this.#page(path, schema)
      all.push(...page.rows)
      path = page.next
    }
    return all
  }

  async describe(type: string): Promise<payloads.DescribedObject> {
    const answer: unknown = await this.#jsforce.describe(type)
    return readPayload(payloads.describeSchema, answer, `Describing ${type}`)
  }

  /** In the order that the organisation shows them in. */
  listCaseStatuses(): Promise<readonly payloads.CaseStatus[]> {
    const soql = 'SELECT ApiName, MasterLabel, IsClosed, IsDefault FROM CaseStatus ORDER BY SortOrder ASC'
    return this.queryAll(soql, payloads.caseStatusSchema)
  }

  /**
   * Whether the changes of an object are captured for everybody; throws AccessDenied or Rejected for who may not see the setup.
   *
   * @see https://developer.salesforce.com/docs/atlas.en-us.api_tooling.meta/api_tooling/tooling_api_objects_platformeventchannelmember.htm
   */
  async isCaptured(changeEvent: string): Promise<boolean> {
    const soql = `SELECT SelectedEntity FROM PlatformEventChannelMember WHERE EventChannel = 'ChangeEvents' AND SelectedEntity = ${quoted(changeEvent)}`
    const path = `/tooling/query?q=${encodeURIComponent(soql)}`
    return (await this.#page(path, payloads.channelMemberSchema)).rows.length > 0
  }

  async listApiVersions(): Promise<readonly string[]> {
    const answer = await this.#jsforce.request<unknown>('/services/data')
    return readPayload(payloads.versionsSchema, answer, 'The list of API versions').map(
      ({ version }) => version,
    )
  }

  /** How many requests of the organisation's daily allowance are used, as of the last answer; `null`: not said yet. */
  get usage(): { readonly used: number; readonly limit: number } | null {
    return this.#jsforce.limitInfo.apiUsage ?? null
  }

  async #page<Row>(path: string, schema: z.ZodType<Row>): Promise<Page<Row>> {
    const answer = await this.#jsforce.request<unknown>(path)
    const { done, nextRecordsUrl, records } = readPayload(payloads.pageSchema, answer, 'A query')
    const rows = readPayload(schema.array(), records, 'A query')
    if (done || nextRecordsUrl === undefined) return { rows, next: null }
    if (!/^\/services\/data\/v[\d.]+\/query\/[\w-]+$/u.test(nextRecordsUrl)) {
      throw new UnexpectedResponse('A query was answered with a next page that is no address of a query.')
    }
    return { rows, next: nextRecordsUrl }
  }
}

interface Page<Row> {
  readonly rows: readonly Row[]
  readonly next: string | null
}

function assignment(rules: boolean): Record<string, string> {
  return { 'Sforce-Auto-Assign': rules ? 'TRUE' : 'FALSE' }
}
