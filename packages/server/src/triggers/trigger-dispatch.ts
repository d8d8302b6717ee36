import { sql } from 'kysely'
import type { EventFeed } from '../ledger/event-feed.ts'
import { followWork, type FollowedWork } from '../ledger/follow-work.ts'
import { queueReplies } from './trigger-inputs.ts'
import { workOnTrigger, type TriggerWorkDeps } from './trigger-work.ts'

/** What the work of a process on triggers needs. */
export interface TriggerDispatchDeps extends TriggerWorkDeps {
  readonly feed: EventFeed
  /** How often it is looked what there is to do although nothing was announced; default 1 second. */
  readonly pollMs?: number
}

/** Runs triggers until it is stopped. Any number of processes may do so on one database. */
export function startTriggerDispatch(deps: TriggerDispatchDeps): FollowedWork {
  return followWork({ ...deps, round: (isStopped) => runDueTriggers(deps, isStopped) })
}

/** One batch of each trigger, so that none waits for another to be done. */
async function runDueTriggers(deps: TriggerDispatchDeps, isStopped: () => boolean): Promise<boolean> {
  const replies = await queueReplies(deps.database)
  const rows = await deps.database
    .selectFrom('triggers')
    .selectAll()
    .where('disabled', '=', false)
    .where('paused_reason', 'is', null)
    .where(sql<boolean>`(leased_until is null or leased_until < clock_timestamp())`)
    .orderBy('trigger_id')
    .execute()
  let isMore = replies > 0
  for (const row of rows) {
    if (isStopped()) return false
    isMore = (await workOnTrigger(deps, row)) || isMore
  }
  return isMore
}
