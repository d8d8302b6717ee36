import { z } from 'zod'
import type { Authorizer, AuthorizerDeps } from './authorize.ts'

/** How a token is asked for. */
export interface TokenRequest {
  readonly endpoint: string
  readonly form: Readonly<Record<string, string | undefined>>
}

/** No token was given. `code` names the status, as errors of the network have theirs. */
export class TokenRefused extends Error {
  readonly retryAfter: string | null

  constructor(message: string, retryAfter: string | null = null) {
    super(message)
    this.name = 'TokenRefused'
    this.retryAfter = retryAfter
  }
}

const answerSchema = z.looseObject({
  access_token: z.string().min(1),
  // Azure's first version writes it as text.
  expires_in: z.coerce.number().positive().default(300),
})

// A token must not expire on its way.
const MARGIN_MS = 60_000

/** Asks for a token once, and again shortly before it expires. */
export function tokenAuthorizer(request: TokenRequest, deps: AuthorizerDeps): Authorizer {
  let known: { readonly token: string; readonly expiresAt: number } | null = null
  let asking: Promise<string> | null = null

  async function ask(signal: AbortSignal): Promise<string> {
    const url = new URL(request.endpoint)
    const form = Object.entries(request.form).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    )
    const { statusCode, headers, body } = await deps.http.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: Buffer.from(new URLSearchParams(form).toString()),
      wantsBody: true,
      timeoutMs: deps.timeoutMs,
      signal,
    })
    if (statusCode !== 200 && statusCode !== 201) {
      const retryAfter = headers['retry-after']
      throw new TokenRefused(
        `${url.host} gave no token: it answered ${statusCode}.`,
        typeof retryAfter === 'string' ? retryAfter : null,
      )
    }
    const answer = answerSchema.safeParse(parseJson(body))
    if (!answer.success) throw new TokenRefused(`${url.host} gave no token: its answer holds none.`)
    const { access_token: token, expires_in: seconds } = answer.data
    const lifeMs = seconds * 1_000
    known = { token, expiresAt: deps.now().getTime() + Math.max(lifeMs - MARGIN_MS, lifeMs / 2) }
    return token
  }

  return {
    async authorize(_request, signal) {
      if (known !== null && known.expiresAt > deps.now().getTime()) return bearer(known.token)
      asking ??= ask(signal).finally(() => {
        asking = null
      })
      return bearer(await asking)
    },
    renew() {
      const had = known !== null
      known = null
      return had
    },
  }
}

function bearer(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` }
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    return null
  }
}
