import { Forbidden } from '@tripline/core'
import { createGraphQLError, type Plugin } from 'graphql-yoga'

/** What a page of another site can send without the browser asking us first. */
const SIMPLE_TYPES = /^(?:application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\b/iu

/**
 * Refuses what a page of another site could make a browser send in its user's name: a request without a preflight. A
 * JSON body, an Authorization header, or any header of one's own (`X-Requested-With`) brings one about.
 */
export const refusesCrossSite: Plugin = {
  onRequestParse({ request }) {
    const { headers } = request
    const type = headers.get('content-type')
    const isPreflighted =
      (type !== null && !SIMPLE_TYPES.test(type)) ||
      headers.has('authorization') ||
      headers.has('x-requested-with')
    if (isPreflighted || request.method === 'OPTIONS') return
    const { code, message } = new Forbidden(
      'Send JSON, or an Authorization or X-Requested-With header: without any of these another site could have made this request.',
    )
    throw createGraphQLError(message, { extensions: { code, http: { status: 403 } } })
  },
}
