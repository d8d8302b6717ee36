import type { Exchange } from './exchange.ts'

/**
 * Lets pages of the origins named call the API; pages of others cannot read what comes back. Answers preflight
 * requests: then `true`.
 */
export function applyCors({ request, response }: Exchange, origins: readonly string[]): boolean {
  if (origins.length === 0) return false
  response.setHeader('vary', 'Origin')
  const { origin } = request.headers
  if (origin === undefined || !origins.includes(origin)) return false
  response.setHeader('access-control-allow-origin', origin)
  response.setHeader('access-control-expose-headers', 'x-request-id, retry-after')
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined)
    return false
  response.setHeader('access-control-allow-methods', 'GET, POST, PUT, PATCH, DELETE, OPTIONS')
  response.setHeader(
    'access-control-allow-headers',
    'authorization, content-type, content-encoding, x-request-id, graphql-require-preflight',
  )
  response.setHeader('access-control-max-age', '600')
  response.writeHead(204).end()
  return true
}
