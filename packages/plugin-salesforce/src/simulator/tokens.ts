import { randomBytes, verify } from 'node:crypto'
import { integrationUsername, type SalesforceOrg, type SalesforceUser } from './org.ts'

/** An external client app, as an administrator set it up. */
export interface SalesforceApp {
  readonly clientId: string
  readonly clientSecret: string
  /** Of the certificate that JWT assertions are signed for, in PEM. */
  readonly publicKey?: string | undefined
  readonly refreshToken?: string | undefined
}

/** Sessions of the API. */
export interface TokenStore {
  /** What the token endpoint answers. */
  grant(form: URLSearchParams, now: Date): TokenGrant
  userOf(accessToken: string): SalesforceUser | null
  /** Ends all sessions; new ones can be had. */
  expire(): void
  /** From now on, sessions are given and refused. */
  refuseAll(): void
}

/** A session, or why there is none. */
type TokenGrant =
  | { readonly accessToken: string; readonly user: SalesforceUser }
  | { readonly error: string; readonly description: string }

const refused = (error: string, description: string): TokenGrant => ({ error, description })

export function createTokenStore(org: SalesforceOrg, app: SalesforceApp): TokenStore {
  const sessions = new Map<string, SalesforceUser>()
  let isRefusing = false

  function subject(form: URLSearchParams, now: Date): SalesforceUser | TokenGrant {
    const secretFits = form.get('client_secret') === app.clientSecret
    const integration = org.users.find(({ username }) => username === integrationUsername)
    if (integration === undefined) throw new Error('The organisation has no integration user')
    switch (form.get('grant_type') ?? '') {
      case 'client_credentials':
        if (form.get('client_id') !== app.clientId)
          return refused('invalid_client_id', 'client identifier invalid')
        return secretFits ? integration : refused('invalid_client', 'invalid client credentials')
      case 'refresh_token':
        if (form.get('client_id') !== app.clientId)
          return refused('invalid_client_id', 'client identifier invalid')
        if (form.has('client_secret') && !secretFits)
          return refused('invalid_client', 'invalid client credentials')
        return app.refreshToken !== undefined && form.get('refresh_token') === app.refreshToken
          ? integration
          : refused('invalid_grant', 'expired access/refresh token')
      case 'urn:ietf:params:oauth:grant-type:jwt-bearer':
        return asserted(form.get('assertion') ?? '', now)
      default:
        return refused('unsupported_grant_type', 'grant type not supported')
    }
  }

  function asserted(assertion: string, now: Date): SalesforceUser | TokenGrant {
    const [header = '', claims = '', signature = ''] = assertion.split('.')
    const key = app.publicKey
    const isSigned =
      key !== undefined &&
      verify('RSA-SHA256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'))
    if (!isSigned) return refused('invalid_grant', 'invalid assertion')
    const { aud, exp, iss, sub } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<
      string,
      unknown
    >
    if (iss !== app.clientId) return refused('invalid_client', 'invalid client identifier')
    if (aud !== 'https://login.salesforce.com') return refused('invalid_grant', 'audience is invalid')
    const seconds = now.getTime() / 1000
    if (typeof exp !== 'number' || exp < seconds || exp > seconds + 300) {
      return refused('invalid_grant', 'expired authorization code')
    }
    return (
      org.users.find(({ isActive, username }) => isActive && username === sub) ??
      refused('invalid_grant', "user hasn't approved this consumer")
    )
  }

  return {
    grant(form, now) {
      const found = subject(form, now)
      if (!('username' in found)) return found
      const accessToken = `${org.id.slice(0, 15)}!${randomBytes(48).toString('base64url')}`
      sessions.set(accessToken, found)
      return { accessToken, user: found }
    },
    userOf: (accessToken) => (isRefusing ? null : (sessions.get(accessToken) ?? null)),
    expire: () => sessions.clear(),
    refuseAll() {
      isRefusing = true
    },
  }
}
