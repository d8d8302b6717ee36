import { type ChangedTickets, Rejected, ticketIdSchema } from '@tripline/core'
import { isRecordId } from './record-id.ts'
import type { SalesforceClient } from './salesforce-client.ts'
import { changedCaseSchema } from './salesforce-payloads.ts'
import { instant, quoted } from './soql.ts'

const PAGE = 1_000

/**
 * Cases changed at or after an instant, whatever their kind: a person may have linked any of them. Pages go on behind the
 * last case of the one before, so that what changes meanwhile is found again at the end and nothing is skipped.
 */
export async function listChangedCases(
  client: SalesforceClient,
  since: Date,
  cursor: string | null,
): Promise<ChangedTickets> {
  const from = cursor === null ? `SystemModstamp >= ${instant(since)}` : behind(cursor)
  const rows = await client.queryAll(
    `SELECT Id, CaseNumber, SystemModstamp FROM Case WHERE ${from} ORDER BY SystemModstamp ASC, Id ASC LIMIT ${PAGE}`,
    changedCaseSchema,
  )
  const last = rows.at(-1)
  return {
    tickets: rows.map(({ CaseNumber, Id }) => ({ id: ticketIdSchema.parse(Id), key: CaseNumber })),
    nextCursor:
      last === undefined || rows.length < PAGE ? null : `${instant(last.SystemModstamp)}/${last.Id}`,
  }
}

function behind(cursor: string): string {
  const [at = '', id = '', ...rest] = cursor.split('/')
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/u.test(at) || !isRecordId(id, ['500']) || rest.length > 0) {
    throw new Rejected('The cursor is not one of this connection.')
  }
  return `(SystemModstamp > ${at} OR (SystemModstamp = ${at} AND Id > ${quoted(id)}))`
}
