import type { ServerResponse } from 'node:http'

/** Sets what every response carries. A page that needs more than nothing sets a policy of its own. */
export function applySecurityHeaders(response: ServerResponse, traceId: string, isHttps: boolean): void {
  response.setHeader('x-request-id', traceId)
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('x-frame-options', 'DENY')
  response.setHeader('referrer-policy', 'no-referrer')
  response.setHeader('cross-origin-resource-policy', 'same-origin')
  if (isHttps) response.setHeader('strict-transport-security', 'max-age=31536000')
}

/** Nothing may be loaded, run or framed: right for everything but pages. */
export const EMPTY_POLICY = "default-src 'none'; frame-ancestors 'none'"
