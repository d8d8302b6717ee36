import {
  AccessDenied,
  type ConnectionFinding,
  type ConnectionNeeds,
  Rejected,
  type TicketingError,
  errorFinding as error,
  okFinding as ok,
} from '@tripline/core'
import type { JiraClient } from '../jira-client.ts'
import type { JiraUser } from '../jira-payloads.ts'
import type { JiraSettings } from '../settings.ts'

const AT_ONCE = 5

type Mapped = ConnectionNeeds['accounts'][number]

/** Whether tickets can be assigned to the accounts that people are mapped to. */
export async function accountFindings(
  client: JiraClient,
  { accounts }: ConnectionNeeds,
  settings: JiraSettings,
): Promise<readonly ConnectionFinding[]> {
  const findings: ConnectionFinding[] = []
  for (let from = 0; from < accounts.length; from += AT_ONCE) {
    const some = accounts.slice(from, from + AT_ONCE)
    findings.push(...(await Promise.all(some.map((mapped) => accountFinding(client, mapped, settings)))))
  }
  return findings
}

async function accountFinding(
  client: JiraClient,
  { username, accountId }: Mapped,
  { deployment, projectKey }: JiraSettings,
): Promise<ConnectionFinding> {
  const subject = `account:${username}`
  const assignable = await client.findAssignable(accountId)
  if (assignable !== null && assignable.active !== false)
    return ok(subject, `Tickets can be assigned to ${username}, who is ${shown(assignable)} there.`)
  const found = assignable ?? (await userOf(client, accountId))
  if (found === 'unknown') {
    return error(
      subject,
      `Tickets cannot be assigned to ${username}: the account ${accountId} is not among those that may be assigned in ${projectKey}.`,
      `Give the account the permission Assignable User in ${projectKey}, or map ${username} to another one.`,
    )
  }
  if (found === null) {
    const name = deployment === 'cloud' ? 'account id' : 'user name'
    return error(
      subject,
      `${username} is mapped to ${accountId}, and there is no account with that ${name}.`,
      `Map ${username} to the ${name} of an account.`,
    )
  }
  if (found.active === false) {
    return error(
      subject,
      `${username} is mapped to ${shown(found)}, and that account (${accountId}) is deactivated.`,
      `Map ${username} to another account, or activate this one.`,
    )
  }
  return error(
    subject,
    `${username} is mapped to ${shown(found)}, and tickets of ${projectKey} cannot be assigned to that account (${accountId}).`,
    `Give the account the permission Assignable User in ${projectKey}, or map ${username} to another one.`,
  )
}

/** To see users takes a permission of its own, which nothing else needs. */
async function userOf(client: JiraClient, accountId: string): Promise<JiraUser | null | 'unknown'> {
  try {
    return await client.getUser(accountId)
  } catch (caught) {
    if (isRefusal(caught)) return 'unknown'
    throw caught
  }
}

function isRefusal(caught: unknown): caught is TicketingError {
  return caught instanceof AccessDenied || caught instanceof Rejected
}

function shown({ displayName, name, accountId }: JiraUser): string {
  return displayName ?? name ?? accountId ?? 'an account without a name'
}
