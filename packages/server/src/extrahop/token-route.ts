import { issueAccessToken, type ClientCredentials } from '../access/access-tokens.ts'
import type { Database } from '../database/client.ts'
import { sendAnswer, type Answer } from '../http/answer.ts'
import type { Exchange } from '../http/exchange.ts'
import { readBody } from '../http/request-body.ts'
import type { Route } from '../http/router.ts'
import { TOKEN_PATH } from './paths.ts'

const MAX_BYTES = 64 * 1024

/**
 * `POST /oauth2/token`: an access token for whoever has an API key (RFC 6749, section 4.4). Clients put id and secret into
 * the `Authorization` header or among the parameters, and the parameters into the body or the address; all are taken.
 */
export function tokenRoute(deps: { readonly database: Database; readonly now: () => Date }): Route {
  return {
    methods: ['POST'],
    path: TOKEN_PATH,
    async handle(exchange) {
      const form = new URLSearchParams((await readBody(exchange.request, MAX_BYTES)).toString('utf8'))
      const parameter = (name: string): string | null => form.get(name) ?? exchange.url.searchParams.get(name)
      const grant = parameter('grant_type')
      if (grant !== 'client_credentials') {
        const error = grant === null ? 'invalid_request' : 'unsupported_grant_type'
        return await sendAnswer(exchange, tokenAnswer(400, { error }))
      }
      for (const credentials of candidates(exchange, parameter)) {
        const issued = await issueAccessToken(deps.database, credentials, deps.now())
        if (issued === null) continue
        const { token, expiresInSeconds } = issued
        const body = { access_token: token, expires_in: expiresInSeconds, token_type: 'Bearer' }
        return await sendAnswer(exchange, tokenAnswer(200, body))
      }
      await sendAnswer(exchange, tokenAnswer(400, { error: 'invalid_client' }))
    },
  }
}

/** What the request says of the client: in the header as it is and, as the RFC has it, decoded; else in parameters. */
function candidates(
  { request }: Exchange,
  parameter: (name: string) => string | null,
): readonly ClientCredentials[] {
  const encoded = /^basic +(?<credentials>[A-Za-z0-9+/=_-]+) *$/iu.exec(request.headers.authorization ?? '')
    ?.groups?.['credentials']
  if (encoded === undefined) {
    const [clientId, clientSecret] = [parameter('client_id'), parameter('client_secret')]
    return clientId === null || clientSecret === null ? [] : [{ clientId, clientSecret }]
  }
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0) return []
  const plain = { clientId: text.slice(0, colon), clientSecret: text.slice(colon + 1) }
  const decoded = { clientId: formDecoded(plain.clientId), clientSecret: formDecoded(plain.clientSecret) }
  return JSON.stringify(plain) === JSON.stringify(decoded) ? [plain] : [plain, decoded]
}

function formDecoded(text: string): string {
  return new URLSearchParams(`v=${text.replaceAll('&', '%26')}`).get('v') ?? text
}

function tokenAnswer(status: number, value: object): Answer {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store', pragma: 'no-cache' }
  return { status, headers, body: JSON.stringify(value) }
}
