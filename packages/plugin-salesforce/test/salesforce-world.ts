import type { ContractWorld } from '@tripline/adapter-testkit'
import {
  type Backlink,
  parsePluginSettings,
  type PluginHost,
  type TicketId,
  ticketIdSchema,
} from '@tripline/core'
import { salesforcePlugin, type SalesforceSettings } from '../src/index.ts'
import {
  idOf,
  type SalesforceSimulator,
  type SalesforceSimulatorOptions,
  startSalesforceSimulator,
  type StoredRecord,
} from '../src/simulator/index.ts'

const secret = 's3cret-0f-the-app'

export interface SalesforceWorld extends ContractWorld {
  readonly salesforce: SalesforceSimulator
  readonly settings: SalesforceSettings
  readonly host: PluginHost
  readonly logged: readonly string[]
  /** The clock of the organisation, which people and tests may put forward. */
  readonly clock: { advance(ms: number): void }
}

export function salesforceSettings(
  loginUrl: string,
  change: Record<string, unknown> = {},
): SalesforceSettings {
  return parsePluginSettings(salesforcePlugin, {
    loginUrl,
    auth: 'client-credentials',
    clientId: '3MVG9.tripline',
    clientSecret: secret,
    caseUrlField: 'Detection_Url__c',
    outcomeField: 'Outcome__c',
    ...change,
  })
}

/** An organisation of its own for one test, and the plugin connected to it. */
export async function startSalesforceWorld(
  options: SalesforceSimulatorOptions = {},
  change: Record<string, unknown> = {},
): Promise<SalesforceWorld> {
  let ahead = 0
  const now = options.now ?? (() => new Date(Date.now() + ahead))
  const salesforce = await startSalesforceSimulator({
    webhookRetryGapsMs: [10, 10],
    ...options,
    now,
    app: { clientId: '3MVG9.tripline', clientSecret: secret, ...options.app },
  })
  const logged: string[] = []
  const host: PluginHost = {
    fetch: globalThis.fetch,
    now,
    log: (level, message, details) => logged.push(`${level}: ${message} ${JSON.stringify(details)}`),
  }
  const settings = salesforceSettings(salesforce.url, change)
  const { id, username } = salesforce.user('mlindqvist@acme.example')
  const absentId = idOf('500', 999_999)
  const caseOf = (ticketId: TicketId): Readonly<StoredRecord> => {
    const record = salesforce.case(ticketId)
    if (record === null) throw new Error(`There is no case ${ticketId}`)
    return record
  }

  return {
    salesforce,
    settings,
    host,
    logged,
    clock: { advance: (ms) => void (ahead += ms) },
    adapter: salesforcePlugin.connect(settings, host),
    // Long enough for the login and the look for an earlier case, on a busy machine too.
    impatient: salesforcePlugin.connect({ ...settings, timeoutMs: 400 }, host),
    unauthorized: salesforcePlugin.connect({ ...settings, clientSecret: 'wr0ng-secret' }, host),
    secrets: [secret, 'wr0ng-secret', `${salesforce.organizationId.slice(0, 15)}!`],
    faults: salesforce.faults,
    createRequest: { method: 'PATCH', path: '/services/data/:version/sobjects/Case/:field/:value' },
    readRequest: {
      method: 'GET',
      path: '/services/data/:version/query',
      matches: ({ query }) => / FROM Case WHERE (?:Id|CaseNumber) = /u.test(query.get('q') ?? ''),
    },
    statuses: {
      active: 'Working',
      done: { id: 'Closed', resolutionId: 'Action taken' },
      unreachable: '99999',
    },
    priority: 'High',
    assignable: { account: { id, name: username }, username: 'Maria Lindqvist' },
    notAssignable: salesforce.user('kgone@acme.example').id,
    foreignReferences: [
      `https://elsewhere.example/lightning/r/Case/${absentId}/view`,
      `http://127.0.0.1:1/${absentId}`,
      `${salesforce.url}/lightning/r/Case/`,
      `${salesforce.url}/lightning/r/Account/${idOf('001', 1)}/view`,
      `${salesforce.url.replace('127.0.0.1', 'localhost')}/${absentId}`,
      idOf('005', 1),
    ],
    absentTicket: { id: ticketIdSchema.parse(absentId), key: '00999999', reference: '00999999' },
    malformedIds: [
      '00001001',
      '../1',
      `${absentId}/../${absentId}`,
      `${absentId}?x=y`,
      '%2e%2e',
      "500' OR Id != '",
      idOf('005', 1),
      `${absentId.slice(0, 15)}AAA`,
    ],
    probes: {
      ticketsWithKey: (key) =>
        salesforce
          .cases()
          .filter((record) => record['Tripline_Key__c'] === key)
          .map((record) => String(record['Id'])),
      ticketCount: () => salesforce.cases().length,
      summary: (ticketId) => String(caseOf(ticketId)['Subject'] ?? ''),
      // A long text field shows plain text; nothing in it can be more than text.
      description: (ticketId) => ({
        text: String(caseOf(ticketId)['Description'] ?? '').replaceAll('\r\n', '\n'),
        active: [],
      }),
      backlinks: (ticketId) => backlinks(salesforce, ticketId),
      commentCount: (ticketId) =>
        [
          ...salesforce.companions('CaseComment', ticketId),
          ...salesforce.companions('FeedItem', ticketId),
        ].filter(({ Type }) => Type !== 'LinkPost').length,
      remove: (ticketId) => salesforce.deleteCase(ticketId),
      rename(ticketId, summary) {
        // People take a second, and Salesforce tells no less apart.
        ahead += 1_000
        salesforce.editCaseAsPerson(ticketId, { Subject: summary })
      },
      lastCreateBody() {
        const request = salesforce
          .requests()
          .findLast(({ method, path }) => method === 'PATCH' && path.includes('/Case/Tripline_Key__c/'))
        return request === undefined ? null : JSON.parse(request.body)
      },
    },
    close: () => salesforce.close(),
  }
}

function backlinks(salesforce: SalesforceSimulator, id: string): readonly string[] {
  const held = salesforce.case(id)?.['Detection_Url__c']
  const posted = salesforce.companions('FeedItem', id).map(({ LinkUrl }) => LinkUrl)
  return [held, ...posted].filter((url) => typeof url === 'string')
}

/** A link back to a detection. */
export function backlinkTo(url: string, dedupeKey: Backlink['dedupeKey']): Backlink {
  return { dedupeKey, url, title: 'A detection' }
}
