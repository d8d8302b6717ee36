import {
  jsonAnswer,
  param,
  type Route,
  type SimulatorAnswer,
  type SimulatorRequest,
} from '@tripline/adapter-testkit/simulator'
import { apiRoute, apiVersions } from './api-route.ts'
import type { Salesforce } from './salesforce.ts'
import { salesforceError } from './salesforce-error.ts'
import { parseSoql } from './soql.ts'
import { answerSoql } from './soql-answer.ts'

/** Queries, page by page, and what there is to know of the API itself. */
export function queryRoutes(salesforce: Salesforce, pageSize: number): readonly Route[] {
  const { org, store, usage } = salesforce
  const cursors = new Map<string, readonly Record<string, unknown>[]>()
  const page = (
    version: string,
    rows: readonly Record<string, unknown>[],
    from: number,
    cursor: string | null,
  ): SimulatorAnswer => {
    const records = rows.slice(from, from + pageSize)
    const done = from + records.length >= rows.length
    const locator = cursor ?? `01g${String(cursors.size).padStart(15, '0')}`
    if (!done) cursors.set(locator, rows)
    return jsonAnswer(200, {
      totalSize: rows.length,
      done,
      ...(done
        ? {}
        : { nextRecordsUrl: `/services/data/${version}/query/${locator}-${from + records.length}` }),
      records,
    })
  }
  return [
    {
      method: 'GET',
      path: '/services/data',
      handle: () =>
        jsonAnswer(
          200,
          apiVersions.map((version) => ({
            label: `Version ${version}`,
            url: `/services/data/v${version}`,
            version,
          })),
        ),
    },
    apiRoute(salesforce, 'GET', '/query', (request) =>
      page(param(request, 'version'), answerSoql(org, store, queryOf(request, false)), 0, null),
    ),
    apiRoute(salesforce, 'GET', '/tooling/query', (request) =>
      page(param(request, 'version'), answerSoql(org, store, queryOf(request, true)), 0, null),
    ),
    apiRoute(salesforce, 'GET', '/query/:locator', (request) => {
      const [cursor = '', from = ''] = param(request, 'locator').split('-')
      const rows = cursors.get(cursor)
      if (rows === undefined) throw salesforceError(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator')
      return page(param(request, 'version'), rows, Number(from), cursor)
    }),
    apiRoute(salesforce, 'GET', '/limits', () =>
      jsonAnswer(200, { DailyApiRequests: { Max: usage.limit, Remaining: usage.limit - usage.used } }),
    ),
  ]
}

/** The setup is asked at an address of its own. */
function queryOf(request: SimulatorRequest, isOfSetup: boolean): string {
  const soql = request.query.get('q')
  if (soql === null) throw salesforceError(400, 'MALFORMED_QUERY', 'A query string has to be specified')
  const { object } = parseSoql(soql)
  if ((object === 'PlatformEventChannelMember') === isOfSetup) return soql
  throw salesforceError(400, 'INVALID_TYPE', `sObject type '${object}' is not supported.`)
}
