import type { Selectable } from 'kysely'
import { triggerEvents, type TriggerEvent } from '@tripline/triggers'
import type { TriggersTable } from '../database/tables.ts'

/** A script and when it runs. */
export interface Trigger {
  readonly triggerId: string
  readonly name: string
  readonly description: string
  /** Who wrote it, in the author's own words. */
  readonly author: string
  readonly script: string
  readonly events: readonly TriggerEvent[]
  /** Switched off by a person; what happens meanwhile is not made up for. */
  readonly disabled: boolean
  /** Whether `debug()` writes. */
  readonly debug: boolean
  /** Why it stopped by itself; what happens meanwhile waits. `null`: it runs, or is disabled. */
  readonly pausedReason: { readonly code: string; readonly message: string } | null
  /** How many runs failed in a row. */
  readonly failures: number
  readonly runCount: number
  readonly failedCount: number
  readonly lastRunAt: Date | null
  readonly version: number
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** A trigger from its row. */
export function toTrigger(row: Selectable<TriggersTable>): Trigger {
  return {
    triggerId: row.trigger_id,
    name: row.name,
    description: row.description,
    author: row.author,
    script: row.script,
    events: triggerEvents.filter((event) => row.events.includes(event)),
    disabled: row.disabled,
    debug: row.debug,
    pausedReason: row.paused_reason,
    failures: row.failures,
    runCount: Number(row.run_count),
    failedCount: Number(row.failed_count),
    lastRunAt: row.last_run_at,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
