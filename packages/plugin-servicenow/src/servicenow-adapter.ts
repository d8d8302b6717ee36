import { createHttpClient } from '@tripline/adapter-http'
import { type PluginHost, type TicketingAdapter, TicketNotFound } from '@tripline/core'
import { listChangedIncidents } from './changed-incidents.ts'
import { toIncidentFields, toTicket } from './incident-mapping.ts'
import { parseIncidentReference } from './incident-reference.ts'
import { findUpdateOutcome, updateIncident } from './incident-update.ts'
import { addCommentOnce, putBacklink } from './journal.ts'
import { checkServiceNow } from './servicenow-check.ts'
import { ServiceNowClient } from './servicenow-client.ts'
import { createCredentials } from './servicenow-credentials.ts'
import { describeServiceNow } from './servicenow-description.ts'
import { classifyAnswer, readServiceNowIssues } from './servicenow-errors.ts'
import { readServiceNowWebhook } from './servicenow-webhook.ts'
import type { ServiceNowSettings } from './settings.ts'
import { incidentId } from './sys-id.ts'
import { findUser } from './user-account.ts'

/** An adapter for the incidents of one instance. */
export function createServiceNowAdapter(settings: ServiceNowSettings, host: PluginHost): TicketingAdapter {
  // Not on a client library: those on npm have no types or are no longer maintained, and bring an HTTP client of their own.
  const http = createHttpClient({
    fetch: host.fetch,
    now: host.now,
    timeoutMs: settings.timeoutMs,
    readIssues: readServiceNowIssues,
    classify: classifyAnswer(host.now),
  })
  const credentials = createCredentials(settings, host)
  const clientFor = ({ signal }: { readonly signal: AbortSignal }): ServiceNowClient =>
    new ServiceNowClient(http, credentials, settings, signal)

  return {
    createSettlesWithinMs: settings.createSettlesWithinMs,

    async create(draft, options) {
      const incident = await clientFor(options).createIncident(toIncidentFields(draft, settings))
      if (incident.correlationId !== draft.dedupeKey) {
        host.log(
          'warn',
          'The incident did not take its correlation id: after a lost answer it would be made twice',
          {
            id: incident.id,
            number: incident.number,
          },
        )
      }
      return toTicket(incident, settings)
    },

    async findCreated(dedupeKey, options) {
      const incident = await clientFor(options).findIncident('correlation_id', dedupeKey)
      return incident === null ? null : toTicket(incident, settings)
    },

    update: async (seen, change, options) => updateIncident(clientFor(options), seen, change, settings),

    findOutcome: async (seen, _fields, options) => findUpdateOutcome(clientFor(options), seen, settings),

    async link(reference, backlink, options) {
      const { field, value } = parseIncidentReference(reference, settings.baseUrl)
      const client = clientFor(options)
      const incident = await client.findIncident(field, value)
      if (incident === null) throw new TicketNotFound(`There is no incident ${value}.`)
      return toTicket(await putBacklink(client, incident, backlink), settings)
    },

    async find(ref, options) {
      const incident = await clientFor(options).findIncident('sys_id', incidentId(ref))
      return incident === null ? null : toTicket(incident, settings)
    },

    check: (needs, options) => checkServiceNow(clientFor(options), settings, needs),

    describe: (options) => describeServiceNow(clientFor(options), settings),

    render: (draft) => toIncidentFields(draft, settings),

    comment: async (ref, text, marker, options) =>
      addCommentOnce(clientFor(options), ref, text, marker, settings),

    findAccount: (username, options) => findUser(clientFor(options), username),

    listTicketsUpdatedSince: (since, cursor, options) =>
      listChangedIncidents(clientFor(options), since, cursor),

    receiveWebhook: readServiceNowWebhook,
  }
}
