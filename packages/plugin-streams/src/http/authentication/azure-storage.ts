import { createHmac } from 'node:crypto'
import type { HttpAuthentication } from '../settings.ts'
import type { Authorizer, OutgoingRequest } from './authorize.ts'

type AzureStorageAuthentication = Extract<HttpAuthentication, { auth_type: 'azure_storage' }>

const API_VERSION = '2021-08-06'

/**
 * Signs each request with the account's key, for blobs, queues and files.
 *
 * https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
 */
export function azureStorageAuthorizer(
  authentication: AzureStorageAuthentication,
  host: string,
  now: () => Date,
): Authorizer {
  const account = authentication.access_key ?? host.split('.')[0] ?? ''
  const key = Buffer.from(authentication.secret_key, 'base64')
  return {
    authorize(request) {
      const given = lowerCased(request.headers)
      const added = {
        'x-ms-date': now().toUTCString(),
        ...('x-ms-version' in given ? {} : { 'x-ms-version': API_VERSION }),
      }
      const text = stringToSign(request, { ...given, ...added }, account)
      const signature = createHmac('sha256', key).update(text, 'utf8').digest('base64')
      return Promise.resolve({ ...added, authorization: `SharedKey ${account}:${signature}` })
    },
    renew: () => false,
  }
}

const STANDARD_HEADERS = [
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-type',
  'date',
  'if-modified-since',
  'if-match',
  'if-none-match',
  'if-unmodified-since',
  'range',
]

function stringToSign(
  { method, origin, path, body }: OutgoingRequest,
  headers: Readonly<Record<string, string>>,
  account: string,
): string {
  const length = body === null || body.length === 0 ? '' : String(body.length)
  // With x-ms-date, the date is left empty.
  const standard = STANDARD_HEADERS.map((name) =>
    name === 'content-length' ? length : name === 'date' ? '' : (headers[name] ?? ''),
  )
  const own = Object.keys(headers)
    .filter((name) => name.startsWith('x-ms-'))
    .toSorted()
    .map((name) => `${name}:${(headers[name] ?? '').replaceAll(/\s+/gu, ' ').trim()}`)
  const url = new URL(path, origin)
  const query = [...new Set([...url.searchParams.keys()].map((name) => name.toLowerCase()))]
    .toSorted()
    .map((name) => `${name}:${valuesOf(url, name).join(',')}`)
  return [method, ...standard, ...own, `/${account}${url.pathname}`, ...query].join('\n')
}

function valuesOf(url: URL, name: string): readonly string[] {
  return [...url.searchParams]
    .filter(([key]) => key.toLowerCase() === name)
    .map(([, value]) => value)
    .toSorted()
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
