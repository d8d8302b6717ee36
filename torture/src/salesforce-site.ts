import type { Exchange } from '@tripline/adapter-testkit/simulator'
import { syncMappingsSchema, type SyncMappings, type SyncMappingsInput } from '@tripline/core'
import {
  startSalesforceSimulator,
  type SalesforceSimulator,
  type StoredRecord,
} from '@tripline/plugin-salesforce/simulator'
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
  type TicketState,
} from './site.ts'

/** How a site differs from others. */
export interface SalesforceSiteOptions {
  readonly name: string
  readonly seed: number
  /** Who owns what nobody has: a queue, or the integration itself. */
  readonly nobody: 'queue' | 'integration'
  readonly comments: 'case-comment' | 'feed'
  readonly conflicts: SyncMappings['conflicts']
}

const DOMAIN = '@acme.example'
const OWN_USERNAME = `tripline${DOMAIN}`
const API = '/services/data/:version'

const statuses: Readonly<Record<string, SiteStatus>> = {
  New: { name: 'New', category: 'open' },
  Working: { name: 'Working', category: 'active' },
  Escalated: { name: 'Escalated', category: 'active' },
  Closed: { name: 'Closed', category: 'done' },
}

const OUTCOMES = ['Action taken', 'No action taken', 'False positive']

/** Starts a simulated organisation in this process, where its faults and its cases are at hand. */
export async function startSalesforceSite(options: SalesforceSiteOptions): Promise<Site> {
  const traffic = new SiteTraffic(meaningOf)
  const history = new SavedHistory('Id', OWN_USERNAME, {
    Status: 'status',
    Outcome__c: 'status',
    OwnerId: 'assignee',
    Subject: undefined,
    Description: undefined,
    Priority: undefined,
  })
  const salesforce = await startSalesforceSimulator({
    seed: options.seed,
    requestLimit: Number.MAX_SAFE_INTEGER,
    webhookRetryGapsMs: [200, 1_000],
    heldOpenMs: 5_000,
    onExchange: traffic.record,
    onCaseSaved: history.record,
  })
  const nobodyId = options.nobody === 'queue' ? queueId(salesforce) : salesforce.user(OWN_USERNAME).id
  const stateOf = ({ IsClosed, Outcome__c, OwnerId, Status }: Readonly<StoredRecord>): TicketState => ({
    statusId: String(Status),
    resolutionId: IsClosed === true && typeof Outcome__c === 'string' ? Outcome__c : null,
    assignee: OwnerId === nobodyId ? null : String(OwnerId),
  })
  const toSiteTicket = (record: Readonly<StoredRecord>, deleted: boolean): SiteTicket => {
    const id = String(record['Id'])
    const key = String(record['CaseNumber'])
    const dedupeKey = record['Tripline_Key__c']
    return {
      id,
      key,
      // A case is called by its id until its number could be read.
      keys: [key, id],
      dedupeKey: typeof dedupeKey === 'string' ? dedupeKey : null,
      deleted,
      state: stateOf(record),
      get history() {
        return history.changesOf(id, stateOf)
      },
      get comments() {
        return [
          ...salesforce.companions('CaseComment', id).map(({ CommentBody }) => String(CommentBody)),
          ...salesforce.companions('FeedItem', id).map(({ Body }) => String(Body)),
        ]
      },
    }
  }
  const deleted: Readonly<StoredRecord>[] = []
  const mappingsInput = mappingsOf(salesforce, options)
  return {
    name: options.name,
    plugin: 'salesforce',
    mappingsInput,
    mappings: syncMappingsSchema.parse(mappingsInput),
    settings: {
      loginUrl: salesforce.url,
      auth: 'client-credentials',
      clientId: salesforce.app.clientId,
      clientSecret: salesforce.app.clientSecret,
      organizationId: salesforce.organizationId,
      caseUrlField: 'Detection_Url__c',
      outcomeField: 'Outcome__c',
      ...(options.nobody === 'queue' ? { defaultOwnerId: nobodyId } : {}),
      comments: options.comments,
      fieldHistory: true,
      changeDataCapture: true,
      timeoutMs: 2_000,
    },
    statuses,
    people: peopleOf(salesforce, nobodyId, deleted),
    faults: new SiteFaults(salesforce, { method: 'PATCH', path: `${API}/sobjects/Case/:field/:value` }),
    traffic,
    webhooks: salesforce.webhooks,
    tickets: () => [
      ...salesforce.cases().map((record) => toSiteTicket(record, false)),
      ...deleted.map((record) => toSiteTicket(record, true)),
    ],
    ticketIds: () => salesforce.cases().map(({ Id }) => String(Id)),
    ticket(id) {
      const record = salesforce.case(id)
      return record === null ? null : toSiteTicket(record, false)
    },
    account: (assignee) => ({ id: assignee, name: namesOf(salesforce, assignee)[0] ?? assignee }),
    namesOf: (assignee) => namesOf(salesforce, assignee),
    registerWebhook(url) {
      salesforce.sendOutboundMessagesTo({ url })
      return Promise.resolve()
    },
    [Symbol.asyncDispose]: () => salesforce.close(),
  }
}

function queueId({ queues }: SalesforceSimulator): string {
  const [queue] = queues
  if (queue === undefined) throw new Error('The organisation has no queue')
  return queue.id
}

/** What the adapter calls an owner comes first. */
function namesOf({ queues, users }: SalesforceSimulator, id: string): readonly string[] {
  const user = users.find((known) => known.id === id)
  if (user !== undefined) return [user.username, user.name, user.email]
  return queues.filter((queue) => queue.id === id).map(({ name }) => name)
}

function mappingsOf(
  salesforce: SalesforceSimulator,
  { conflicts }: SalesforceSiteOptions,
): SyncMappingsInput {
  return {
    // User names there are addresses, so that nobody is found out by a name of ours.
    identities: colleagues.map((username) => ({
      username,
      accountId: salesforce.user(`${username}${DOMAIN}`).id,
      accountName: `${username}${DOMAIN}`,
    })),
    outcomes: {
      outbound: {
        action_taken: { resolutionId: 'Action taken' },
        no_action_taken: { resolutionId: 'No action taken' },
      },
      inbound: { 'Action taken': 'action_taken', 'No action taken': 'no_action_taken' },
    },
    conflicts,
  }
}

function peopleOf(
  salesforce: SalesforceSimulator,
  nobodyId: string,
  deleted: Readonly<StoredRecord>[],
): SitePeople {
  const named = (username: string): string => `${username}${DOMAIN}`
  return {
    choices: Object.keys(statuses).map((statusId) => [
      1,
      { statusId, resolutionIds: statusId === 'Closed' ? OUTCOMES : [] },
    ]),
    create: (summary) => String(salesforce.createCaseAsPerson({ Subject: summary })['CaseNumber']),
    move: (id, statusId, resolutionId, by) =>
      salesforce.editCaseAsPerson(
        id,
        { Status: statusId, ...(resolutionId === null ? {} : { Outcome__c: resolutionId }) },
        named(by),
      ),
    assign: (id, username, by) =>
      salesforce.editCaseAsPerson(
        id,
        { OwnerId: username === null ? nobodyId : salesforce.user(named(username)).id },
        named(by),
      ),
    reword: (id, { description, summary }, by) =>
      salesforce.editCaseAsPerson(
        id,
        {
          ...(summary === undefined ? {} : { Subject: summary }),
          ...(description === undefined ? {} : { Description: description }),
        },
        named(by),
      ),
    comment: (id, text, by) => salesforce.commentAsPerson(id, text, named(by)),
    remove(id) {
      const record = salesforce.case(id)
      if (record === null) return
      salesforce.deleteCase(id)
      deleted.push(record)
    },
  }
}

const CASE = /^500\w{15}$/u
const READS_ONE = / FROM Case WHERE (?:Id|CaseNumber|Tripline_Key__c) = /u

function meaningOf({ answer, request }: Exchange): RequestMeaning {
  const { body, method, path, query } = request
  const soql = new URLSearchParams(query).get('q') ?? ''
  if (method === 'GET') {
    const isRead = READS_ONE.test(soql)
    const ticketId = isRead
      ? idIn(answerOf(answer), CASE, 'records', '0', 'Id')
      : (/'(500\w{15})'/u.exec(soql)?.[1] ?? null)
    return { ticketId, isWrite: false, isRead, fields: [] }
  }
  const ticketId =
    /\/Case\/(500\w{15})$/u.exec(path)?.[1] ??
    idIn(answerOf({ body }), CASE, 'ParentId') ??
    idIn(answerOf(answer), CASE, 'id')
  const fields = [
    ...(/"(?:Status|Outcome__c)":/u.test(body) ? (['status'] as const) : []),
    ...(body.includes('"OwnerId":') ? (['assignee'] as const) : []),
  ]
  const isWrite = !path.endsWith('/oauth2/token') && !path.startsWith('/cometd/')
  return { ticketId, isWrite, isRead: false, fields }
}
