import type { Exchange } from '@tripline/adapter-testkit/simulator'
import { syncMappingsSchema, type SyncMappings, type SyncMappingsInput } from '@tripline/core'
import {
  startServiceNowSimulator,
  type ServiceNowSimulator,
  type StoredRecord,
} from '@tripline/plugin-servicenow/simulator'
import { answerOf, idIn } from './answer-record.ts'
import { SavedHistory } from './saved-history.ts'
import { SiteFaults } from './site-faults.ts'
import { SiteTraffic, type RequestMeaning } from './site-traffic.ts'
import {
  colleagues,
  type Site,
  type SitePeople,
  type SiteStatus,
  type SiteTicket,
  type StatusChoice,
  type TicketState,
} from './site.ts'

/** How a site differs from others. */
export interface ServiceNowSiteOptions {
  readonly name: string
  readonly seed: number
  readonly comments: 'work_notes' | 'comments'
  readonly conflicts: SyncMappings['conflicts']
}

const statuses: Readonly<Record<string, SiteStatus>> = {
  '1': { name: 'New', category: 'open' },
  '2': { name: 'In Progress', category: 'active' },
  '3': { name: 'On Hold', category: 'active' },
  '6': { name: 'Resolved', category: 'done' },
  '7': { name: 'Closed', category: 'done' },
  '8': { name: 'Canceled', category: 'done' },
}

const CODES = ['Solution provided', 'No resolution provided', 'Duplicate']

/** Closed for good, which keeps the gateway from writing anything more, is what few people do. */
const choices: readonly (readonly [number, StatusChoice])[] = [
  [4, { statusId: '1', resolutionIds: [] }],
  [4, { statusId: '2', resolutionIds: [] }],
  [3, { statusId: '3', resolutionIds: [] }],
  [5, { statusId: '6', resolutionIds: CODES }],
  [1, { statusId: '7', resolutionIds: CODES }],
  [1, { statusId: '8', resolutionIds: CODES }],
]

/** Starts a simulated instance in this process, where its faults and its incidents are at hand. */
export async function startServiceNowSite(options: ServiceNowSiteOptions): Promise<Site> {
  const traffic = new SiteTraffic(meaningOf)
  const history = new SavedHistory('sys_id', 'tripline.integration', {
    state: 'status',
    close_code: 'status',
    assigned_to: 'assignee',
    short_description: undefined,
    description: undefined,
    priority: undefined,
  })
  const servicenow = await startServiceNowSimulator({
    seed: options.seed,
    webhookRetryGapsMs: [200, 1_000],
    onExchange: traffic.record,
    onIncidentSaved: history.record,
  })
  const toSiteTicket = (record: Readonly<StoredRecord>, deleted: boolean): SiteTicket => {
    const { correlation_id: dedupeKey = '', number: key = '', sys_id: id = '' } = record
    return {
      id,
      key,
      keys: [key],
      dedupeKey: dedupeKey === '' ? null : dedupeKey,
      deleted,
      state: stateOf(record),
      get history() {
        return history.changesOf(id, stateOf)
      },
      get comments() {
        return servicenow.journal(id).map(({ value = '' }) => value)
      },
    }
  }
  const deleted: Readonly<StoredRecord>[] = []
  const mappingsInput = mappingsOf(servicenow, options)
  return {
    name: options.name,
    plugin: 'servicenow',
    mappingsInput,
    mappings: syncMappingsSchema.parse(mappingsInput),
    settings: {
      baseUrl: servicenow.url,
      auth: 'basic',
      username: servicenow.login.username,
      password: servicenow.login.password,
      callerId: servicenow.user('asmith').id,
      closeCode: 'Resolved by request',
      comments: options.comments,
      history: true,
      createSettlesWithinMs: 3_000,
      timeoutMs: 2_000,
    },
    statuses,
    people: peopleOf(servicenow, deleted),
    faults: new SiteFaults(servicenow, { method: 'POST', path: '/api/now/table/incident' }),
    traffic,
    webhooks: servicenow.webhooks,
    tickets: () => [
      ...servicenow.incidents().map((record) => toSiteTicket(record, false)),
      ...deleted.map((record) => toSiteTicket(record, true)),
    ],
    ticketIds: () => servicenow.incidents().map(({ sys_id: id = '' }) => id),
    ticket(id) {
      const record = servicenow.incident(id)
      return record === null ? null : toSiteTicket(record, false)
    },
    account: (assignee) => ({ id: assignee, name: namesOf(servicenow, assignee)[0] ?? assignee }),
    namesOf: (assignee) => namesOf(servicenow, assignee),
    registerWebhook(url, secret) {
      servicenow.callWebhook({ url, secret })
      return Promise.resolve()
    },
    [Symbol.asyncDispose]: () => servicenow.close(),
  }
}

function stateOf(record: Readonly<Record<string, unknown>>): TicketState {
  const { assigned_to: assignee, close_code: code, state } = record
  const isDone = statuses[String(state)]?.category === 'done'
  return {
    statusId: String(state),
    resolutionId: isDone && typeof code === 'string' && code !== '' ? code : null,
    assignee: typeof assignee === 'string' && assignee !== '' ? assignee : null,
  }
}

/** What the adapter calls an assignee comes first. */
function namesOf({ users }: ServiceNowSimulator, id: string): readonly string[] {
  const user = users.find((known) => known.id === id)
  return user === undefined ? [] : [user.username, user.name, user.email]
}

function mappingsOf(
  servicenow: ServiceNowSimulator,
  { conflicts }: ServiceNowSiteOptions,
): SyncMappingsInput {
  return {
    // The fourth one is found out by the user name.
    identities: colleagues.slice(0, 3).map((username) => ({
      username,
      accountId: servicenow.user(username).id,
      accountName: username,
    })),
    outcomes: {
      outbound: {
        action_taken: { resolutionId: 'Solution provided' },
        no_action_taken: { resolutionId: 'No resolution provided' },
      },
      inbound: { 'Solution provided': 'action_taken', 'No resolution provided': 'no_action_taken' },
    },
    conflicts,
  }
}

function peopleOf(servicenow: ServiceNowSimulator, deleted: Readonly<StoredRecord>[]): SitePeople {
  return {
    choices,
    create(summary) {
      const caller = servicenow.user('asmith').id
      const made = servicenow.createIncidentAsPerson({ short_description: summary, caller_id: caller })
      return made['number'] ?? ''
    },
    move: (id, state, resolutionId, by) =>
      servicenow.editIncidentAsPerson(
        id,
        {
          state,
          ...(resolutionId === null ? {} : { close_code: resolutionId, close_notes: 'Looked into.' }),
        },
        by,
      ),
    assign: (id, username, by) =>
      servicenow.editIncidentAsPerson(
        id,
        { assigned_to: username === null ? '' : servicenow.user(username).id },
        by,
      ),
    reword: (id, { description, summary }, by) =>
      servicenow.editIncidentAsPerson(
        id,
        {
          ...(summary === undefined ? {} : { short_description: summary }),
          ...(description === undefined ? {} : { description }),
        },
        by,
      ),
    comment: (id, text, by) => servicenow.editIncidentAsPerson(id, { work_notes: text }, by),
    remove(id) {
      const record = servicenow.incident(id)
      if (record === null) return
      servicenow.deleteIncident(id)
      deleted.push(record)
    },
  }
}

const SYS_ID = /^[0-9a-f]{32}$/u
const READS_ONE = /^(?:sys_id|number|correlation_id)=/u

function meaningOf({ answer, request }: Exchange): RequestMeaning {
  const { body, method, path, query } = request
  const searched = new URLSearchParams(query).get('sysparm_query') ?? ''
  const isIncidents = path.startsWith('/api/now/table/incident')
  const isWrite = method !== 'GET' && isIncidents
  // What is written is answered with what came of it.
  const isRead = isWrite || (isIncidents && READS_ONE.test(searched))
  const ticketId =
    /\/incident\/([0-9a-f]{32})$/u.exec(path)?.[1] ??
    /(?:^|\^)(?:sys_id|element_id|documentkey)=([0-9a-f]{32})/u.exec(searched)?.[1] ??
    idIn(answerOf(answer), SYS_ID, 'result', ...(method === 'GET' ? ['0'] : []), 'sys_id', 'value')
  const fields = [
    ...(isWrite && /"(?:state|close_code)":/u.test(body) ? (['status'] as const) : []),
    ...(isWrite && body.includes('"assigned_to":') ? (['assignee'] as const) : []),
  ]
  return { ticketId, isWrite, isRead, fields }
}
