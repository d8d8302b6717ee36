import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { Unauthorized } from '@tripline/core'
import type { SalesforceSettings } from './settings.ts'

const VALID_FOR_S = 180

/**
 * A signed assertion of who we are.
 *
 * @see https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
 * @throws Unauthorized when the private key cannot be read
 */
export function jwtAssertion(settings: SalesforceSettings, now: Date): string {
  const { clientId, privateKey = '', username = '' } = settings
  const claims = {
    iss: clientId,
    sub: username,
    aud: settings.audience ?? defaultAudience(settings.loginUrl),
    exp: Math.floor(now.getTime() / 1000) + VALID_FOR_S,
  }
  const signed = [{ alg: 'RS256', typ: 'JWT' }, claims]
    .map((part) => base64Url(JSON.stringify(part)))
    .join('.')
  const signature = sign('RSA-SHA256', Buffer.from(signed), readKey(privateKey))
  return `${signed}.${base64Url(signature)}`
}

function readKey(pem: string): KeyObject {
  let key: KeyObject | null = null
  try {
    // Environment variables often hold line ends as two characters.
    key = createPrivateKey(pem.replaceAll(String.raw`\n`, '\n'))
  } catch {
    // The error of crypto may quote the key.
  }
  if (key?.asymmetricKeyType !== 'rsa') {
    throw new Unauthorized(
      'The private key is no RSA key in PEM; take the one that the certificate was made with.',
    )
  }
  return key
}

/** Not the My Domain address: Salesforce takes its login servers only. */
function defaultAudience(loginUrl: string): string {
  const { hostname } = new URL(loginUrl)
  const sandbox = hostname === 'test.salesforce.com' || hostname.includes('.sandbox.')
  return `https://${sandbox ? 'test' : 'login'}.salesforce.com`
}

function base64Url(value: string | Buffer): string {
  return Buffer.from(value).toString('base64url')
}
