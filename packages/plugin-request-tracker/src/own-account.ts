import type { RtClient } from './rt-client.ts'
import type { RequestTrackerSettings } from './settings.ts'

/** The name of the account that we are; `null` when RT does not tell. Its tokens begin with the number of their owner. */
export async function ownName(client: RtClient, settings: RequestTrackerSettings): Promise<string | null> {
  const id = /^1-(\d+)-/u.exec(settings.token ?? '')?.[1]
  if (id === undefined) return settings.token === undefined ? (settings.username ?? null) : null
  return (await client.getUser(id))?.Name ?? null
}
