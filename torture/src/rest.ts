import { sql } from 'kysely'
import { waitUntil } from './wait.ts'
import type { World } from './world.ts'

/** How a world came to rest. */
export interface Rest {
  /** Links that were still waiting for an attempt when they were first asked for by hand. */
  readonly pushed: number
  /** Links that had been given up and were tried again by hand. */
  readonly givenUp: number
  /** What went on after everything had long been allowed to end; empty: it rests. */
  readonly restless: readonly string[]
}

const NATURAL_SHARE = 0.3

/** Waits until nothing is pending, then has every link looked at once more. */
export async function comeToRest(world: World): Promise<Rest> {
  const { restMs, say } = world.options
  await Promise.all(world.sites.map(({ webhooks }) => webhooks.idle()))
  say('all webhooks are delivered')
  await waitUntil(() => isQuiet(world), restMs * NATURAL_SHARE)
  const waiting = await pendingLinks(world)
  for (const what of waiting.slice(0, 5)) say(`still waiting: ${what}`)
  const pushed = waiting.length
  const givenUp = await countFailed(world)
  await reconcileAll(world, restMs)
  // What was given up is somebody's to try again; once more, since a link of two may move the other.
  if (!(await isQuiet(world)) || (await countFailed(world)) > 0) await reconcileAll(world, restMs)
  return { pushed, givenUp, restless: await pendingLinks(world) }
}

/** Has every link looked at, and waits until that is done. */
export async function reconcileAll(world: World, timeoutMs: number): Promise<boolean> {
  const { rows } = await sql<{ link_id: string }>`
    select link_id from ticket_links where state not in ('held', 'detached') order by link_id`.execute(
    world.database,
  )
  const mutation = 'mutation ($linkId: ID!) { retryTicketSync(linkId: $linkId) { error { code } } }'
  for (const { link_id } of rows) {
    await waitUntil(
      async () => (await world.fleet.ask(mutation, { linkId: `TicketLink:${link_id}` })) !== null,
      timeoutMs,
    )
  }
  return await waitUntil(() => isQuiet(world), timeoutMs)
}

async function isQuiet(world: World): Promise<boolean> {
  return (await pendingLinks(world)).length === 0
}

async function pendingLinks({ database }: World): Promise<readonly string[]> {
  const { rows } = await sql<{ what: string }>`
    select format('link %s of detection %s: %s, %s, next attempt %s, %s', link_id, detection_id, state, sync_state,
      next_attempt_at, reason) as what
    from ticket_links
    where state not in ('held', 'detached') and (sync_state = 'pending' or next_attempt_at is not null)`.execute(
    database,
  )
  return rows.map(({ what }) => what)
}

async function countFailed({ database }: World): Promise<number> {
  const { rows } = await sql<{ failed: string }>`
    select count(*) as failed from ticket_links where sync_state = 'failed' and state <> 'detached'`.execute(
    database,
  )
  return Number(rows[0]?.failed ?? 0)
}
