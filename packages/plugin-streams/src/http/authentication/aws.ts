import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import type { HttpAuthentication } from '../settings.ts'
import type { Authorizer } from './authorize.ts'

type AwsAuthentication = Extract<HttpAuthentication, { auth_type: 'aws' }>

/** Signs each request with signature version 4. */
export function awsAuthorizer(authentication: AwsAuthentication, now: () => Date): Authorizer {
  const signer = new SignatureV4({
    credentials: {
      accessKeyId: authentication.access_key,
      secretAccessKey: authentication.secret_key,
    },
    service: authentication.service,
    region: authentication.region,
    sha256: Sha256,
  })
  return {
    async authorize({ origin, path, method, headers, body }) {
      const url = new URL(path, origin)
      const { headers: signed } = await signer.sign(
        {
          method,
          protocol: url.protocol,
          hostname: url.hostname,
          port: Number(url.port),
          path: url.pathname,
          query: queryOf(url),
          headers: { ...headers, host: url.host },
          body: body ?? undefined,
        },
        { signingDate: now() },
      )
      // The host is set by who makes the request.
      return Object.fromEntries(
        Object.entries(signed).filter(
          ([name]) => name === 'authorization' || (name.startsWith('x-amz-') && !(name in headers)),
        ),
      )
    },
    renew: () => false,
  }
}

function queryOf(url: URL): Record<string, string[]> {
  return Object.fromEntries(
    [...new Set(url.searchParams.keys())].map((name) => [name, url.searchParams.getAll(name)]),
  )
}

/** SHA-256 as the signer wants it. */
class Sha256 {
  readonly #hash: Hash | Hmac

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret))
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data))
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest())
  }

  reset(): void {
    throw new TypeError('Each hash is used once.')
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data)
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data)
}
