import { createHttpClient, type HttpAnswer, type HttpClient, type HttpRequest } from '@tripline/adapter-http'
import { type PluginHost, UnexpectedResponse } from '@tripline/core'
import type { SendMessages } from './bayeux-client.ts'
import { HostConnection } from './jsforce-connection.ts'
import { classifyAnswer, missingThing, readSalesforceIssues, SessionRefused } from './salesforce-errors.ts'
import { createSessions, type Session, type Sessions } from './salesforce-sessions.ts'
import type { SalesforceSettings } from './settings.ts'

/** A jsforce connection for one call, which ends with the call's signal, and whose session it is. */
export interface OpenConnection {
  readonly jsforce: HostConnection
  readonly session: Session
}

/** Opens the connection of one call. @throws Unauthorized when Salesforce gives no session */
type Connect = (signal: AbortSignal) => Promise<OpenConnection>

/** Where events are had, in one session. */
export interface Stream {
  readonly organizationId: string
  readonly timeoutMs: number
  readonly send: SendMessages
  /** The same in another session, after this one was refused. @throws Unauthorized when Salesforce gives none */
  renewed(signal: AbortSignal): Promise<Stream>
}

/** Opens a stream; makes no request of its own but for a session. @throws Unauthorized when Salesforce gives none */
export type OpenStream = (signal: AbortSignal) => Promise<Stream>

/** The ways to one organisation, which share a session. */
export interface SalesforceConnection {
  readonly connect: Connect
  readonly openStream: OpenStream
}

/** Both ways to an organisation on the host's fetch. */
export function createSalesforceConnection(
  settings: SalesforceSettings,
  host: PluginHost,
): SalesforceConnection {
  const sessions = createSessions(settings, host)
  return { connect: connectWith(sessions, settings, host), openStream: streamWith(sessions, settings, host) }
}

function httpClient({ fetch, now }: PluginHost, timeoutMs: number): HttpClient {
  return createHttpClient({
    fetch,
    now,
    timeoutMs,
    readIssues: readSalesforceIssues,
    classify: classifyAnswer,
  })
}

/** CometD's endpoint. jsforce's own client for it would make its requests past the host. */
function streamWith(sessions: Sessions, settings: SalesforceSettings, host: PluginHost): OpenStream {
  const { apiVersion, timeoutMs } = settings
  const streamOf = (session: Session): Stream => ({
    organizationId: session.organizationId,
    timeoutMs,
    async send(messages, headers, limits) {
      const request = {
        method: 'POST',
        url: `${session.instanceUrl}/cometd/${apiVersion}`,
        headers: { ...headers, authorization: `Bearer ${session.accessToken}` },
        body: messages,
        writes: false,
      }
      const answer = await httpClient(host, limits.timeoutMs).send(request, limits.signal)
      if (answer.status === 404) throw missingThing(answer)
      return answer
    },
    renewed: async (signal) => streamOf(await sessions.renewed(session, signal)),
  })
  return async (signal) => streamOf(await sessions.current(signal))
}

/** jsforce on the host's fetch, with sessions that are renewed once per request and not more. */
function connectWith(sessions: Sessions, settings: SalesforceSettings, host: PluginHost): Connect {
  const http = httpClient(host, settings.timeoutMs)
  return async (signal) => {
    const session = await sessions.current(signal)
    let present = session
    const sendOnce = async (request: HttpRequest): Promise<HttpAnswer> => {
      // An organisation may have moved to another instance meanwhile.
      const url = request.url.replace(session.instanceUrl, () => present.instanceUrl)
      const headers = { ...request.headers, authorization: `Bearer ${present.accessToken}` }
      const answer = await http.send({ ...request, url, headers }, signal)
      if (answer.status === 404) throw missingThing(answer)
      requireJson(answer)
      return answer
    }
    const send = async (request: HttpRequest): Promise<HttpAnswer> => {
      try {
        return await sendOnce(request)
      } catch (error) {
        if (!(error instanceof SessionRefused)) throw error
        present = await sessions.renewed(present, signal)
        return sendOnce(request)
      }
    }
    const { instanceUrl } = session
    return { jsforce: new HostConnection({ instanceUrl, version: settings.apiVersion, send }), session }
  }
}

/** jsforce hands a body that is no JSON on as text, and takes a lost one for none. */
function requireJson({ request, status, text, writes }: HttpAnswer): void {
  if (status === 204) return
  try {
    JSON.parse(text)
  } catch {
    throw new UnexpectedResponse(
      `${request} answered ${status} with something that is no JSON.`,
      writes ? { outcome: 'unknown' } : {},
    )
  }
}
