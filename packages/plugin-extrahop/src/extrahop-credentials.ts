import { createHttpClient, createSharedLogin, parseAnswer } from '@tripline/adapter-http'
import { type PluginHost, Unauthorized } from '@tripline/core'
import { readExtrahopIssues } from './extrahop-errors.ts'
import { tokenSchema } from './extrahop-payloads.ts'
import type { ExtrahopSettings } from './settings.ts'

/** What a request is authorised by. */
type AuthHeaders = Readonly<Record<string, string>>

/** How the calls of one source are authorised; tokens are shared between them. */
export interface Credentials {
  /** @throws Unauthorized when no token is given */
  current(signal: AbortSignal): Promise<AuthHeaders>
  /** Others than ones that were refused, or `null` where there are no others. */
  renewed(refused: AuthHeaders, signal: AbortSignal): Promise<AuthHeaders | null>
}

export function createCredentials(settings: ExtrahopSettings, host: PluginHost): Credentials {
  switch (settings.auth) {
    case 'api-key': {
      const headers = { authorization: `ExtraHop apikey=${settings.apiKey ?? ''}` }
      return { current: () => Promise.resolve(headers), renewed: () => Promise.resolve(null) }
    }
    case 'oauth-client-credentials':
      return createSharedLogin(() => logIn(settings, host), 'ExtraHop gave a token')
  }
}

async function logIn(settings: ExtrahopSettings, host: PluginHost): Promise<AuthHeaders> {
  const { baseUrl, clientId = '', clientSecret = '', timeoutMs } = settings
  const http = createHttpClient({
    fetch: host.fetch,
    now: host.now,
    timeoutMs,
    readIssues: readExtrahopIssues,
    classify: ({ request, status }, issues) =>
      status === 400
        ? new Unauthorized(`${request} gives no token: ${issues[0]?.message ?? 'it says not why'}.`)
        : null,
  })
  const authorization = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
  const answer = await http.send(
    {
      method: 'POST',
      url: `${baseUrl}/oauth2/token`,
      headers: { authorization },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
      writes: false,
    },
    new AbortController().signal,
  )
  if (answer.status === 404) {
    throw new Unauthorized(`${answer.request} answered 404: no tokens are to be had at the base URL.`)
  }
  return { authorization: `Bearer ${parseAnswer(answer, tokenSchema).access_token}` }
}
