import type { TicketAccount } from '@tripline/core'
import { allOf, anyOf, condition, isLiteral } from './encoded-query.ts'
import type { FoundRows, ServiceNowClient } from './servicenow-client.ts'
import { type UserRecord, userSchema } from './servicenow-payloads.ts'
import { isSysId } from './sys-id.ts'

const userFields = ['sys_id', 'user_name', 'name', 'email', 'active']
const NAMESAKES = 50
// An address may be about 8 kB long.
const IDS_PER_ADDRESS = 100

/**
 * The active user of this user name, else of this e-mail address, else of this full name. A name that several bear says
 * nothing.
 */
export async function findUser(client: ServiceNowClient, username: string): Promise<TicketAccount | null> {
  const wanted = username.trim()
  if (wanted === '' || !isLiteral(wanted)) return null
  if (isSysId(wanted)) {
    const user = (await listUsers(client, [wanted])).rows[0]
    return user?.active === true ? toAccount(user) : null
  }
  const { rows } = await client.list('sys_user', {
    query: allOf(
      condition('active', '=', 'true'),
      anyOf(...(['user_name', 'email', 'name'] as const).map((field) => condition(field, '=', wanted))),
    ),
    fields: userFields,
    limit: NAMESAKES,
    schema: userSchema,
  })
  const named = (name: (user: UserRecord) => string): readonly UserRecord[] =>
    rows.filter((user) => user.active && name(user).toLowerCase() === wanted.toLowerCase())
  const found = [
    named(({ user_name: name }) => name),
    named(({ email }) => email),
    named(({ name }) => name),
  ].find((users) => users.length > 0)
  const [user, another] = found ?? []
  return user === undefined || another !== undefined ? null : toAccount(user)
}

/** Users by their ids, those who are not active included. */
export async function listUsers(
  client: ServiceNowClient,
  ids: readonly string[],
): Promise<FoundRows<UserRecord>> {
  const known = [...new Set(ids.filter(isSysId))]
  const rows: UserRecord[] = []
  let total: number | null = 0
  for (let from = 0; from < known.length; from += IDS_PER_ADDRESS) {
    const found = await client.list('sys_user', {
      query: condition('sys_id', 'IN', known.slice(from, from + IDS_PER_ADDRESS)),
      fields: userFields,
      limit: IDS_PER_ADDRESS,
      schema: userSchema,
    })
    rows.push(...found.rows)
    total = total === null || found.total === null ? null : total + found.total
  }
  return { rows, total }
}

/** Who we are; `null`: our own user may not be seen by us. */
export async function findSelf(client: ServiceNowClient): Promise<TicketAccount | null> {
  const { rows } = await client.list('sys_user', {
    // A script that queries may hold; no other way tells it.
    query: 'sys_id=javascript:gs.getUserID()',
    fields: userFields,
    limit: 1,
    schema: userSchema,
  })
  return rows[0] === undefined ? null : toAccount(rows[0])
}

/** The user name, as an incident's assignee is read. */
function toAccount({ name, sys_id: id, user_name: username }: UserRecord): TicketAccount {
  return { id, name: username || name }
}
