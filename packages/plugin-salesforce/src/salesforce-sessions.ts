import {
  createHttpClient,
  createSharedLogin,
  type HttpAnswer,
  type SharedLogin,
} from '@tripline/adapter-http'
import { type PluginHost, Unauthorized, UnexpectedResponse } from '@tripline/core'
import { HostOAuth2 } from './jsforce-connection.ts'
import { jwtAssertion } from './jwt-assertion.ts'
import { readPayload } from './read-payload.ts'
import { classifyTokenAnswer, readSalesforceIssues } from './salesforce-errors.ts'
import { tokenSchema } from './salesforce-payloads.ts'
import type { SalesforceSettings } from './settings.ts'

/** Who we are there, and where. */
export interface Session {
  readonly accessToken: string
  readonly instanceUrl: string
  readonly organizationId: string
  readonly userId: string
}

/** The session of one connection, shared by its calls. */
export type Sessions = SharedLogin<Session>

export function createSessions(settings: SalesforceSettings, host: PluginHost): Sessions {
  return createSharedLogin(() => logIn(settings, host), 'Salesforce gave a session')
}

async function logIn(settings: SalesforceSettings, host: PluginHost): Promise<Session> {
  const { auth, clientId, clientSecret, loginUrl, refreshToken = '', timeoutMs } = settings
  const http = createHttpClient({
    fetch: host.fetch,
    now: host.now,
    timeoutMs,
    readIssues: readSalesforceIssues,
    classify: classifyTokenAnswer,
  })
  const send = async (request: Parameters<typeof http.send>[0]): Promise<HttpAnswer> => {
    const answer = await http.send({ ...request, writes: false }, new AbortController().signal)
    if (answer.status !== 404) return answer
    throw new Unauthorized(
      `${answer.request} answered 404: the login URL is not the address of a Salesforce.`,
    )
  }
  const oauth2 = new HostOAuth2({ loginUrl, clientId, clientSecret, send })
  const answer: unknown =
    auth === 'refresh-token'
      ? await oauth2.refreshToken(refreshToken)
      : await oauth2.requestToken(
          auth === 'client-credentials'
            ? { grant_type: 'client_credentials' }
            : {
                grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
                assertion: jwtAssertion(settings, host.now()),
              },
        )
  const { access_token: accessToken, id, instance_url } = readPayload(tokenSchema, answer, 'The login')
  const instanceUrl = settings.instanceUrl ?? new URL(instance_url).origin
  if (loginUrl.startsWith('https:') && !instanceUrl.startsWith('https:')) {
    throw new UnexpectedResponse('The login names an instance without TLS.')
  }
  return { accessToken, instanceUrl, ...id }
}
