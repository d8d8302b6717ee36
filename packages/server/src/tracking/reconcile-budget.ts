import { sql } from 'kysely'
import type { Database } from '../database/client.ts'
import type { Lane } from './reconcile-jobs.ts'

/** How much of a minute's budget each lane may use up: what is left near the bound is kept for new tickets. */
const shares: Readonly<Record<Lane, number>> = { create: 1, change: 0.9, verify: 0.5 }

/**
 * Takes one reconcile from a connection's budget of the present minute, which all processes share. Returns `null`, or
 * when to come back because the budget is used up.
 */
export async function takeFromBudget(
  database: Database,
  connectionId: string,
  reconcilesPerMinute: number,
  lane: Lane,
): Promise<Date | null> {
  const bound = Math.max(1, Math.floor(reconcilesPerMinute * shares[lane]))
  const { rows } = await sql<{ used: number }>`
    insert into connection_budgets as budget (connection_id, minute, used)
    values (${connectionId}, date_trunc('minute', clock_timestamp()), 1)
    on conflict (connection_id) do update set
      used = case when budget.minute = excluded.minute then budget.used + 1 else 1 end, minute = excluded.minute
    where budget.minute <> excluded.minute or budget.used < ${bound}
    returning used`.execute(database)
  if (rows.length > 0) return null
  const next = await sql<{ at: Date }>`
    select date_trunc('minute', clock_timestamp()) + make_interval(secs => 60 + random() * 5) as at`.execute(
    database,
  )
  return next.rows[0]?.at ?? new Date(Date.now() + 60_000)
}
