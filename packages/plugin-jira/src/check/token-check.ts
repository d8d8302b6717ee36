import {
  AccessDenied,
  type ConnectionFinding,
  PluginOutdated,
  Rejected,
  TicketingError,
  Unauthorized,
  errorFinding as error,
  okFinding as ok,
  warningFinding as warning,
} from '@tripline/core'
import type { JiraClient } from '../jira-client.ts'
import { toDate } from '../jira-mapping.ts'
import type { JiraToken } from '../jira-payloads.ts'
import type { JiraSettings } from '../settings.ts'

const SUBJECT = 'credentials:expiry'
const RENEW = 'Make a new personal access token for the account in Jira, and put it into the settings.'
const DAY_MS = 86_400_000
const SOON_MS = 14 * DAY_MS

/** When the personal access token expires. Cloud has nothing that would tell of an API token. */
export async function tokenFindings(
  client: JiraClient,
  { deployment, personalAccessToken }: JiraSettings,
  now: Date,
): Promise<readonly ConnectionFinding[]> {
  if (deployment === 'cloud' || personalAccessToken === undefined) return []
  const tokens = await tokensOf(client)
  if (tokens === null || tokens.length === 0) {
    const remedy = 'Note in a calendar when it does.'
    return [warning(SUBJECT, 'This Jira does not tell when the personal access token expires.', remedy)]
  }
  return [expiryFinding(tokens, now)]
}

function expiryFinding(tokens: readonly JiraToken[], now: Date): ConnectionFinding {
  const leftMs = ({ expiringAt }: JiraToken): number =>
    expiringAt === undefined || expiringAt === null
      ? Number.POSITIVE_INFINITY
      : toDate(expiringAt).getTime() - now.getTime()
  const valid = tokens.filter((token) => leftMs(token) > 0)
  // Ours was taken a moment ago: where others are valid, it is one of those.
  const [next, ...others] = (valid.length === 0 ? tokens : valid).toSorted(
    (one, other) => leftMs(one) - leftMs(other),
  )
  if (next === undefined || leftMs(next) === Number.POSITIVE_INFINITY)
    return ok(SUBJECT, 'The personal access token does not expire.')
  const at = new Date(now.getTime() + leftMs(next)).toISOString().slice(0, 10)
  const which =
    others.length === 0
      ? `The personal access token ${next.name}`
      : `The personal access token ${next.name}, one of ${others.length + 1} that the account has,`
  if (leftMs(next) <= 0) return error(SUBJECT, `${which} expired on ${at}.`, RENEW)
  const message = `${which} expires on ${at}.`
  if (leftMs(next) > SOON_MS) return ok(SUBJECT, message)
  const remedy = others.length === 0 ? RENEW : `If it is the one in the settings: ${RENEW}`
  return warning(SUBJECT, message, remedy)
}

async function tokensOf(client: JiraClient): Promise<readonly JiraToken[] | null> {
  try {
    return await client.listTokens()
  } catch (caught) {
    if (!(caught instanceof TicketingError)) throw caught
    const refusals = [AccessDenied, PluginOutdated, Rejected, Unauthorized]
    if (refusals.some((type) => caught instanceof type)) return null
    throw caught
  }
}
