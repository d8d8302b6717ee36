import type { TicketAccount } from '@tripline/core'
import type { RtClient } from './rt-client.ts'
import type { RtUser } from './rt-payloads.ts'

const SYSTEM_USERS = new Set(['nobody', 'rt_system'])

/**
 * The privileged user of this name or e-mail address. Whether he may own tickets of the queue RT tells nobody but its
 * administrators.
 */
export async function findRtAccount(client: RtClient, username: string): Promise<TicketAccount | null> {
  const wanted = username.trim()
  if (SYSTEM_USERS.has(wanted.toLowerCase())) return null
  // In a path digits are the number of a user, and dots another path.
  const user = /^(?:\d+|\.+|)$/u.test(wanted) ? null : await client.getUser(wanted)
  if (user !== null) return (await accountOf(client, user, wanted)) ?? null
  if (!wanted.includes('@')) return null
  const names = await client.findUsersByEmail(wanted)
  const [name] = names
  if (name === undefined || names.length > 1) return null
  const found = await client.getUser(name)
  return found === null ? null : accountOf(client, found, name)
}

async function accountOf(client: RtClient, user: RtUser, asked: string): Promise<TicketAccount | null> {
  if (user.Privileged !== '1' || user.Disabled === '1') return null
  const name = user.Name ?? (await spelledName(client, user, asked))
  return { id: name, name }
}

/** An RT may be set to show no names with users; it knows them whatever their letters' case. */
async function spelledName(client: RtClient, { EmailAddress }: RtUser, asked: string): Promise<string> {
  const email = EmailAddress ?? ''
  if (email === '') return asked
  const names = await client.findUsersByEmail(email)
  return names.find((name) => name.toLowerCase() === asked.toLowerCase()) ?? asked
}
