import { createHttpClient, createSharedLogin, type HttpClient, parseAnswer } from '@tripline/adapter-http'
import { type PluginHost, Unauthorized } from '@tripline/core'
import { classifyAnswer, hibernating, isHibernating, readServiceNowIssues } from './servicenow-errors.ts'
import { tokenSchema } from './servicenow-payloads.ts'
import type { ServiceNowSettings } from './settings.ts'

/** What a request is authorised by. */
type AuthHeaders = Readonly<Record<string, string>>

/** How the calls of one connection are authorised; tokens are shared between them. */
export interface Credentials {
  /** @throws Unauthorized when no token is given */
  current(signal: AbortSignal): Promise<AuthHeaders>
  /** Others than ones that were refused, or `null` where there are no others. */
  renewed(refused: AuthHeaders, signal: AbortSignal): Promise<AuthHeaders | null>
}

export function createCredentials(settings: ServiceNowSettings, host: PluginHost): Credentials {
  const { apiKey = '', auth, password = '', username = '' } = settings
  switch (auth) {
    case 'basic':
      return fixed({ authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` })
    case 'api-key':
      return fixed({ 'x-sn-apikey': apiKey })
    case 'oauth-client-credentials':
    case 'oauth-password':
    case 'oauth-refresh-token':
      return createSharedLogin(() => logIn(settings, host), 'ServiceNow gave a token')
  }
}

function fixed(headers: AuthHeaders): Credentials {
  return { current: () => Promise.resolve(headers), renewed: () => Promise.resolve(null) }
}

/**
 * Asks for an access token.
 *
 * @see https://www.servicenow.com/docs/r/platform-security/authentication/r_OAuthAPIRequestParameters.html
 */
async function logIn(settings: ServiceNowSettings, host: PluginHost): Promise<AuthHeaders> {
  const http: HttpClient = createHttpClient({
    fetch: host.fetch,
    now: host.now,
    timeoutMs: settings.timeoutMs,
    readIssues: readServiceNowIssues,
    classify: (answer, issues) =>
      answer.status === 400
        ? new Unauthorized(`${answer.request} gives no token: ${issues[0]?.message ?? 'it says not why'}.`)
        : classifyAnswer(host.now)(answer, issues),
  })
  const url = `${settings.baseUrl}/oauth_token.do`
  const request = { method: 'POST', url, body: tokenForm(settings), writes: false }
  const answer = await http.send(request, new AbortController().signal)
  if (isHibernating(answer)) throw hibernating(answer)
  if (answer.status === 404) {
    throw new Unauthorized(
      `${answer.request} answered 404: the base URL is not that of a ServiceNow instance.`,
    )
  }
  return { authorization: `Bearer ${parseAnswer(answer, tokenSchema).access_token}` }
}

function tokenForm(settings: ServiceNowSettings): URLSearchParams {
  const { auth, clientId = '', clientSecret = '', password = '', refreshToken = '', username = '' } = settings
  const form = new URLSearchParams({ client_id: clientId, client_secret: clientSecret })
  switch (auth) {
    case 'oauth-password':
      form.set('grant_type', 'password')
      form.set('username', username)
      form.set('password', password)
      break
    case 'oauth-refresh-token':
      form.set('grant_type', 'refresh_token')
      form.set('refresh_token', refreshToken)
      break
    case 'oauth-client-credentials':
      form.set('grant_type', 'client_credentials')
      break
    case 'basic':
    case 'api-key':
      throw new Error(`${auth} needs no token.`)
  }
  return form
}
