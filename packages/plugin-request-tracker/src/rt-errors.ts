import { type HttpAnswer, issueReader, missingRoute } from '@tripline/adapter-http'
import { AccessDenied, type Issue, type TicketingError, Unavailable } from '@tripline/core'
import { refusalSchema } from './rt-payloads.ts'

/** The ticket is no longer as it was when it was read; nothing was done. */
export class TicketChanged extends Unavailable {}

/** What RT says is wrong; none when the body is not RT's. */
export const readRtIssues = issueReader(refusalSchema)

export function classifyRtAnswer(
  { request, status }: HttpAnswer,
  issues: readonly Issue[],
): TicketingError | null {
  // To messages on a ticket RT answers so, where it says 403 elsewhere.
  if (status === 400 && issues.some(({ message }) => /^permission denied/iu.test(message)))
    return new AccessDenied(`${request} answered 400: Permission Denied`)
  if (status !== 412) return null
  return new TicketChanged(`${request} answered 412: the ticket was changed in that moment.`)
}

/**
 * A 404 of RT's own says that the thing asked for is not there. Any other is of a proxy or of a wrong address, and must not
 * be taken for a ticket that was deleted.
 *
 * @throws PluginOutdated when it is not RT's, UnexpectedResponse when it was spoilt on the way
 */
export function requireMissingThing(answer: HttpAnswer): void {
  if (readRtIssues(answer.text).length > 0) return
  throw missingRoute(
    answer,
    `${answer.request} answered 404, and not in the way of RT's REST 2 interface: the base URL is wrong, or this RT has none.`,
  )
}
