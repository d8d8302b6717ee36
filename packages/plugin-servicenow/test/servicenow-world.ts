import type { ContractWorld } from '@tripline/adapter-testkit'
import { parsePluginSettings, type PluginHost, type TicketId, ticketIdSchema } from '@tripline/core'
import { servicenowPlugin, type ServiceNowSettings } from '../src/index.ts'
import {
  type ServiceNowSimulator,
  type ServiceNowSimulatorOptions,
  startServiceNowSimulator,
  type StoredRecord,
  sysIdOf,
  webhookCall,
} from '../src/simulator/index.ts'

const password = 's3cret-0f-the-user'

export interface ServiceNowWorld extends ContractWorld {
  readonly servicenow: ServiceNowSimulator
  readonly settings: ServiceNowSettings
  readonly host: PluginHost
  readonly logged: readonly string[]
  /** The clock of the instance, which people and tests may put forward. */
  readonly clock: { advance(ms: number): void }
}

export function serviceNowSettings(
  baseUrl: string,
  change: Record<string, unknown> = {},
): ServiceNowSettings {
  return parsePluginSettings(servicenowPlugin, {
    baseUrl,
    auth: 'basic',
    username: 'tripline.integration',
    password,
    ...change,
  })
}

/** An instance of its own for one test, and the plugin connected to it. */
export async function startServiceNowWorld(
  options: ServiceNowSimulatorOptions = {},
  change: Record<string, unknown> = {},
): Promise<ServiceNowWorld> {
  let ahead = 0
  const now = options.now ?? (() => new Date(Date.now() + ahead))
  const servicenow = await startServiceNowSimulator({
    webhookRetryGapsMs: [10, 10],
    ...options,
    now,
    login: { password, ...options.login },
  })
  const logged: string[] = []
  const host: PluginHost = {
    fetch: globalThis.fetch,
    now,
    log: (level, message, details) => logged.push(`${level}: ${message} ${JSON.stringify(details)}`),
  }
  const settings = serviceNowSettings(servicenow.url, change)
  const { id, username } = servicenow.user('mlindqvist')
  const absentId = sysIdOf('incident', 999_999)
  const incidentOf = (ticketId: TicketId): Readonly<StoredRecord> => {
    const record = servicenow.incident(ticketId)
    if (record === null) throw new Error(`There is no incident ${ticketId}`)
    return record
  }
  const wrong = { password: 'wr0ng-secret', clientSecret: 'wr0ng-secret', apiKey: 'wr0ng-secret' }

  return {
    servicenow,
    settings,
    host,
    logged,
    clock: { advance: (ms) => void (ahead += ms) },
    adapter: servicenowPlugin.connect(settings, host),
    impatient: servicenowPlugin.connect({ ...settings, timeoutMs: 400 }, host),
    unauthorized: servicenowPlugin.connect({ ...settings, ...wrong }, host),
    secrets: [
      password,
      Buffer.from(`tripline.integration:${password}`).toString('base64'),
      'wr0ng-secret',
      servicenow.login.clientSecret,
      servicenow.login.apiKey,
    ],
    faults: servicenow.faults,
    createRequest: { method: 'POST', path: '/api/now/table/incident' },
    readRequest: { method: 'GET', path: '/api/now/table/incident' },
    ...(settings.history ? { recordedWrite: { method: 'PATCH', path: '/api/now/table/incident/:id' } } : {}),
    statuses: { active: '2', done: { id: '6', resolutionId: 'Solution provided' }, unreachable: '99999' },
    priority: '2',
    assignable: { account: { id, name: username }, username: 'Maria Lindqvist' },
    notAssignable: servicenow.user('kgone').id,
    foreignReferences: [
      `https://elsewhere.example/nav_to.do?uri=incident.do?sys_id=${absentId}`,
      `http://127.0.0.1:1/incident.do?sys_id=${absentId}`,
      `${servicenow.url}/incident.do`,
      `${servicenow.url}/problem.do?sys_id=${absentId}`,
      `${servicenow.url}/now/sow/record/problem/${absentId}`,
      `${servicenow.url.replace('127.0.0.1', 'localhost')}/incident.do?sys_id=${absentId}`,
      `${absentId}0`,
    ],
    absentTicket: { id: ticketIdSchema.parse(absentId), key: 'INC0999999', reference: 'INC0999999' },
    malformedIds: [
      'INC0010001',
      '../1',
      `${absentId}/../${absentId}`,
      `${absentId}?x=y`,
      '%2e%2e',
      `${absentId}^ORnumberISNOTEMPTY`,
      'javascript:gs.getUserID()',
      absentId.toUpperCase().replace(/\d/gu, 'G'),
    ],
    webhook: ({ id: sysId, key }, secret) => {
      const { body, headers } = webhookCall({ sys_id: sysId, number: key, sys_mod_count: '3' }, secret)
      return { method: 'POST', headers, body: Buffer.from(body) }
    },
    webhooksAreSigned: true,
    probes: {
      ticketsWithKey: (key) =>
        servicenow
          .incidents()
          .filter((record) => record['correlation_id'] === key)
          .map((record) => String(record['sys_id'])),
      ticketCount: () => servicenow.incidents().length,
      summary: (ticketId) => incidentOf(ticketId)['short_description'] ?? '',
      // A form shows plain text; only the tags of journals would be more, were they shown as journals are.
      description(ticketId) {
        const text = incidentOf(ticketId)['description'] ?? ''
        return { text, active: [...text.matchAll(/\[\/?code\]/giu)].map(([tag]) => tag) }
      },
      backlinks: (ticketId) =>
        servicenow
          .journal(ticketId)
          .flatMap(({ value = '' }) => /^.*: (https?:\S+)$/u.exec(value)?.[1] ?? []),
      commentCount: (ticketId) =>
        servicenow.journal(ticketId).filter(({ value = '' }) => /\ntrip-[\w-]+$/u.test(value)).length,
      remove: (ticketId) => servicenow.deleteIncident(ticketId),
      rename(ticketId, summary) {
        // People take a second, and ServiceNow tells no less apart.
        ahead += 1_000
        servicenow.editIncidentAsPerson(ticketId, { short_description: summary })
      },
      lastCreateBody() {
        const request = servicenow.requests().findLast(({ method }) => method === 'POST')
        return request === undefined ? null : JSON.parse(request.body)
      },
    },
    close: () => servicenow.close(),
  }
}
