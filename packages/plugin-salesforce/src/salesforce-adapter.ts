import {
  type PluginHost,
  type Ticket,
  type TicketDraft,
  ticketIdSchema,
  type TicketingAdapter,
  TicketingError,
  TicketNotFound,
} from '@tripline/core'
import { postBacklink, putBacklink } from './backlink.ts'
import { addCommentOnce } from './case-comment.ts'
import { caseUrl, toCaseFields, toContent, toTicket, unreadStatus } from './case-mapping.ts'
import { findOwner } from './case-owner.ts'
import { caseHosts, parseCaseReference } from './case-reference.ts'
import { findUpdateOutcome, updateCase } from './case-update.ts'
import { watchCases } from './case-watch.ts'
import { listChangedCases } from './changed-cases.ts'
import { readOutboundMessage } from './outbound-message.ts'
import { captureFindings } from './capture-findings.ts'
import { caseId, externalId } from './record-id.ts'
import { checkSalesforce } from './salesforce-check.ts'
import { SalesforceClient } from './salesforce-client.ts'
import type { OpenStream, SalesforceConnection } from './salesforce-connection.ts'
import { describeSalesforce } from './salesforce-description.ts'
import type { CaseRecord } from './salesforce-payloads.ts'
import type { SalesforceSettings } from './settings.ts'

const CASE_NUMBER_LENGTH = 8

/** An adapter for the cases of one organisation. */
export function createSalesforceAdapter(settings: SalesforceSettings, host: PluginHost): TicketingAdapter {
  let loaded: Promise<SalesforceConnection> | null = null
  const connection = (): Promise<SalesforceConnection> => {
    // jsforce takes most of a second to load, which nobody without a Salesforce should wait for.
    loaded ??= import('./salesforce-connection.ts').then(({ createSalesforceConnection }) =>
      createSalesforceConnection(settings, host),
    )
    return loaded
  }
  const clientFor = async ({ signal }: { readonly signal: AbortSignal }): Promise<SalesforceClient> => {
    const { connect } = await connection()
    return new SalesforceClient(await connect(signal), settings)
  }
  const openStream: OpenStream = async (signal) => (await connection()).openStream(signal)
  const ticketOf = (record: CaseRecord, client: SalesforceClient): Ticket =>
    toTicket(record, client.session, settings)

  return {
    createSettlesWithinMs: 0,

    async create(draft, options) {
      const key = externalId(draft.dedupeKey)
      const client = await clientFor(options)
      // Salesforce lets no second case have the key, but a repetition would write over what people changed since.
      const earlier = await client.findCase(settings.externalIdField, key)
      if (earlier !== null) {
        await softly(earlier.Id, () => putBacklink(client, earlier, draft.backlink, settings))
        return ticketOf(earlier, client)
      }
      const fields = toCaseFields(draft, settings)
      const id = await client.upsertCase(key, fields)
      const isLinked = settings.caseUrlField !== undefined && settings.caseUrlField in fields
      if (!isLinked) await softly(id, () => postBacklink(client, id, draft.backlink))
      const record = await readCreated(client, id)
      return record === null ? createdTicket(id, draft, client) : ticketOf(record, client)
    },

    update: async (seen, change, options) => {
      caseId(seen)
      return updateCase(await clientFor(options), seen, change, settings)
    },

    findOutcome: async (seen, _fields, options) => {
      caseId(seen)
      return findUpdateOutcome(await clientFor(options), seen, settings)
    },

    async link(reference, backlink, options) {
      const client = await clientFor(options)
      const { field, value } = parseCaseReference(
        reference,
        caseHosts([client.session.instanceUrl, settings.loginUrl]),
      )
      const record = (await client.findCase(field, value)) ?? (await findPadded(client, field, value))
      if (record === null) throw new TicketNotFound(`There is no case ${value}, or we may not see it.`)
      await putBacklink(client, record, backlink, settings)
      return ticketOf(record, client)
    },

    async find(ref, options) {
      const id = caseId(ref)
      const client = await clientFor(options)
      const record = await client.findCase('Id', id)
      return record === null ? null : ticketOf(record, client)
    },

    check: async (needs, options) => {
      const client = await clientFor(options)
      return checkSalesforce(client, settings, needs, () =>
        captureFindings(client, openStream, options.signal),
      )
    },

    describe: async (options) => describeSalesforce(await clientFor(options), settings),

    render: (draft) => toCaseFields(draft, settings),

    comment: async (ref, text, marker, options) => {
      caseId(ref)
      return addCommentOnce(await clientFor(options), ref, text, marker, settings)
    },

    findAccount: async (username, options) => findOwner(await clientFor(options), username),

    listTicketsUpdatedSince: async (since, cursor, options) =>
      listChangedCases(await clientFor(options), since, cursor),

    receiveWebhook: (request) => readOutboundMessage(request, settings),

    ...(settings.changeDataCapture
      ? { watchTickets: (after, options) => watchCases(openStream, after, options) }
      : {}),
  }

  /** People leave the zeros of a case number away. */
  async function findPadded(
    client: SalesforceClient,
    field: string,
    value: string,
  ): Promise<CaseRecord | null> {
    if (field !== 'CaseNumber' || value.length >= CASE_NUMBER_LENGTH) return null
    return client.findCase(field, value.padStart(CASE_NUMBER_LENGTH, '0'))
  }

  /** Twice, since nothing but the answer to a read is missing. */
  async function readCreated(client: SalesforceClient, id: string): Promise<CaseRecord | null> {
    for (let attempt = 0; attempt < 2; attempt += 1) {
      try {
        const record = await client.findCase('Id', id)
        if (record !== null) return record
      } catch (error) {
        if (!(error instanceof TicketingError)) throw error
      }
    }
    return null
  }

  /** For what must not turn a success into a failure. */
  async function softly(id: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof TicketingError)) throw error
      host.log('warn', 'The link back to the detection could not be added', {
        id,
        code: error.code,
        reason: error.message,
      })
    }
  }

  /**
   * What is known of a case that was created and could not be read. Throwing would lose its id. The next read corrects the
   * number and the status.
   */
  function createdTicket(id: string, draft: TicketDraft, { session }: SalesforceClient): Ticket {
    return {
      id: ticketIdSchema.parse(id),
      key: id,
      url: caseUrl(id, session),
      container: 'Case',
      status: unreadStatus,
      resolution: null,
      assignee: null,
      content: toContent(toCaseFields(draft, settings)),
      updatedAt: host.now(),
    }
  }
}
