import type { JsonObject } from '@tripline/core'
import type { TriggerOccasion } from '@tripline/triggers'
import type { Database } from '../database/client.ts'
import { takeReplies } from './stream-sending.ts'

const MOST_REPLIES = 100

/** Gives answers to the triggers that asked for them; those of deleted ones are dropped. Returns how many there were. */
export async function queueReplies(database: Database): Promise<number> {
  return await database.transaction().execute(async (transaction) => {
    const replies = await takeReplies(transaction, MOST_REPLIES)
    if (replies.length === 0) return 0
    const triggers = await transaction.selectFrom('triggers').select('trigger_id').forKeyShare().execute()
    const known = new Set(triggers.map(({ trigger_id }) => trigger_id))
    const rows = replies.flatMap(({ source, response }) => {
      const triggerId = source['triggerId']
      if (typeof triggerId !== 'string' || !known.has(triggerId)) return []
      const occasion: TriggerOccasion = { event: 'REMOTE_RESPONSE', response }
      return [{ trigger_id: triggerId, occasion: JSON.stringify(occasion) }]
    })
    if (rows.length > 0) await transaction.insertInto('trigger_inputs').values(rows).execute()
    return replies.length
  })
}

/** Hands data from outside to every enabled trigger that runs on it; returns how many there are. */
export async function queueExternalData(database: Database, type: string, body: JsonObject): Promise<number> {
  const occasion: TriggerOccasion = { event: 'EXTERNAL_DATA', external: { type, body } }
  const triggers = await database
    .selectFrom('triggers')
    .select('trigger_id')
    .where('disabled', '=', false)
    .where((eb) => eb(eb.val('EXTERNAL_DATA'), '=', eb.fn.any('events')))
    .execute()
  if (triggers.length === 0) return 0
  await database
    .insertInto('trigger_inputs')
    .values(triggers.map(({ trigger_id }) => ({ trigger_id, occasion: JSON.stringify(occasion) })))
    .execute()
  return triggers.length
}
