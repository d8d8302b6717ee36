import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { jsonAnswer, type Route } from '@tripline/adapter-testkit/simulator'

/** How the integration user logs in. */
export interface ServiceNowLogin {
  readonly username: string
  readonly password: string
  readonly clientId: string
  readonly clientSecret: string
  readonly refreshToken: string
  readonly apiKey: string
}

/** Who may use the API. */
export interface Logins {
  isAuthorised(headers: IncomingHttpHeaders): boolean
  /** Ends all access tokens; new ones can be had. */
  expireTokens(): void
  /** From now on nobody is let in. */
  refuseAll(): void
  readonly routes: readonly Route[]
}

const LIFESPAN_S = 1_799

export function createLogins(login: ServiceNowLogin): Logins {
  const tokens = new Set<string>()
  let isRefusing = false
  const basic = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`

  function isGranted(form: URLSearchParams): boolean {
    if (form.get('client_id') !== login.clientId || form.get('client_secret') !== login.clientSecret)
      return false
    switch (form.get('grant_type') ?? '') {
      case 'client_credentials':
        return true
      case 'password':
        return form.get('username') === login.username && form.get('password') === login.password
      case 'refresh_token':
        return form.get('refresh_token') === login.refreshToken
      default:
        return false
    }
  }

  return {
    isAuthorised(headers) {
      if (isRefusing) return false
      const { authorization = '' } = headers
      if (headers['x-sn-apikey'] !== undefined) return headers['x-sn-apikey'] === login.apiKey
      return authorization === basic || tokens.has(authorization.replace(/^Bearer /u, ''))
    },
    expireTokens: () => tokens.clear(),
    refuseAll() {
      isRefusing = true
    },
    routes: [
      {
        method: 'POST',
        path: '/oauth_token.do',
        handle(request) {
          const isForm =
            request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
          const form = new URLSearchParams(isForm ? request.rawBody.toString('utf8') : '')
          if (!isGranted(form))
            return jsonAnswer(401, { error_description: 'access_denied', error: 'server_error' })
          const token = randomBytes(32).toString('base64url')
          tokens.add(token)
          return jsonAnswer(200, {
            access_token: token,
            refresh_token: login.refreshToken,
            scope: 'useraccount',
            token_type: 'Bearer',
            expires_in: LIFESPAN_S,
          })
        },
      },
    ],
  }
}
