import { onTestFinished } from 'vitest'
import {
  type SalesforceSimulator,
  type SalesforceSimulatorOptions,
  startSalesforceSimulator,
} from '../../src/simulator/index.ts'

export interface RunningSalesforce {
  readonly salesforce: SalesforceSimulator
  /** Asks the API as the integration does. */
  readonly ask: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<Asked>
}

interface Asked {
  readonly status: number
  readonly body: unknown
  readonly headers: Headers
}

export async function runningSalesforce(
  options: SalesforceSimulatorOptions = {},
): Promise<RunningSalesforce> {
  const salesforce = await startSalesforceSimulator(options)
  onTestFinished(() => salesforce.close())
  const { clientId, clientSecret } = salesforce.app
  const granted = await fetch(`${salesforce.url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    }),
  })
  const { access_token: token } = (await granted.json()) as { access_token: string }
  return {
    salesforce,
    ask: async (method, path, body, headers = {}) => {
      const answer = await fetch(`${salesforce.url}/services/data/v62.0${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      return {
        status: answer.status,
        body: text === '' ? null : (JSON.parse(text) as unknown),
        headers: answer.headers,
      }
    },
  }
}
