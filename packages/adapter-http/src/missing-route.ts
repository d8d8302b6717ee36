import { PluginOutdated, UnexpectedResponse } from '@tripline/core'
import type { HttpAnswer } from './http-exchange.ts'

/**
 * The error for an answer by which a route of the system's interface is not there: `message` says so, and what may be the
 * cause. An answer that claims to be JSON and is not was spoilt on the way and says nothing about routes, which matters,
 * because a missing route pauses the whole connection.
 */
export function missingRoute(answer: HttpAnswer, message: string): PluginOutdated | UnexpectedResponse {
  const isSpoilt = /\bjson\b/iu.test(answer.headers.get('content-type') ?? '') && !isJson(answer.text)
  if (!isSpoilt) return new PluginOutdated(message)
  return new UnexpectedResponse(
    `${answer.request} answered ${answer.status} with something that is no JSON.`,
    answer.writes ? { outcome: 'unknown' } : {},
  )
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
