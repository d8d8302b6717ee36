import type { TicketAccount } from '@tripline/core'
import type { SalesforceClient } from './salesforce-client.ts'
import { queueSchema, type UserRecord, userSchema } from './salesforce-payloads.ts'
import { quoted } from './soql.ts'

/**
 * Who may own cases by this name: an active user by user name, e-mail address or full name, else a queue of cases by its
 * name. A name that several bear says nothing.
 */
export async function findOwner(client: SalesforceClient, username: string): Promise<TicketAccount | null> {
  const wanted = username.trim()
  if (wanted === '') return null
  const literal = quoted(wanted)
  const users = await client.query(
    `SELECT Id, Username, Email, Name, IsActive FROM User WHERE IsActive = true AND (Username = ${literal} OR Email = ${literal} OR Name = ${literal}) LIMIT 50`,
    userSchema,
  )
  const named = (name: (user: UserRecord) => string | null | undefined): readonly UserRecord[] =>
    users.filter((user) => name(user)?.toLowerCase() === wanted.toLowerCase())
  for (const found of [
    named(({ Username }) => Username),
    named(({ Email }) => Email),
    named(({ Name }) => Name),
  ]) {
    const [user, another] = found
    if (user !== undefined) return another === undefined ? toOwner(user) : null
  }
  const [queue, another] = await client.query(
    `SELECT QueueId, Queue.Name FROM QueueSobject WHERE SobjectType = 'Case' AND Queue.Name = ${literal} LIMIT 2`,
    queueSchema,
  )
  return queue === undefined || another !== undefined ? null : { id: queue.QueueId, name: queue.Queue.Name }
}

export function toOwner({ Id, Username }: UserRecord): TicketAccount {
  return { id: Id, name: Username }
}
