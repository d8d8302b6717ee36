import { createHttpClient, type HttpAnswer, type HttpRequest } from '@tripline/adapter-http'
import { type PluginHost, UnexpectedResponse } from '@tripline/core'
import { HostConnection } from './jsforce-connection.ts'
import { classifyAnswer, missingThing, readSalesforceIssues, SessionRefused } from './salesforce-errors.ts'
import { createSessions, type Session } from './salesforce-sessions.ts'
import type { SalesforceSettings } from './settings.ts'

/** A jsforce connection for one call, which ends with the call's signal, and whose session it is. */
export interface OpenConnection {
  readonly jsforce: HostConnection
  readonly session: Session
}

/** Opens the connection of one call. @throws Unauthorized when Salesforce gives no session */
export type Connect = (signal: AbortSignal) => Promise<OpenConnection>

/** jsforce on the host's fetch, with sessions that are renewed once per request and not more. */
export function createConnect(settings: SalesforceSettings, host: PluginHost): Connect {
  const sessions = createSessions(settings, host)
  const http = createHttpClient({
    fetch: host.fetch,
    now: host.now,
    timeoutMs: settings.timeoutMs,
    readIssues: readSalesforceIssues,
    classify: classifyAnswer,
  })

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
