import { AccessDenied, type ChangedTickets, Rejected, ticketIdSchema } from '@tripline/core'
import { allOf, anyOf, condition, fromInstant, ordered, toInstant } from './encoded-query.ts'
import type { ServiceNowClient } from './servicenow-client.ts'
import { changedIncidentSchema } from './servicenow-payloads.ts'
import { isSysId } from './sys-id.ts'

const PAGE = 1_000

/**
 * Incidents changed at or after an instant, whoever made them: a person may have linked any of them. Instants have whole
 * seconds, so that the one in which the last reading ended is read again. Pages go on behind the last incident of the one
 * before: what changes meanwhile is found again at the end, and nothing is skipped.
 */
export async function listChangedIncidents(
  client: ServiceNowClient,
  since: Date,
  cursor: string | null,
  pageSize: number = PAGE,
): Promise<ChangedTickets> {
  const from = cursor === null ? condition('sys_updated_on', '>=', toInstant(since)) : behind(cursor)
  const { rows, total } = await client.list('incident', {
    query: allOf(from, ordered('sys_updated_on', 'sys_id')),
    fields: ['sys_id', 'number', 'sys_updated_on'],
    limit: pageSize,
    schema: changedIncidentSchema,
  })
  const last = rows.at(-1)
  if (last === undefined && total !== null && total > pageSize) {
    throw new AccessDenied(
      `Of ${total} changed incidents we may see none of the first ${pageSize}: let the integration user read all incidents.`,
    )
  }
  // Rows that we may not see take places on a page, so that a short page is no last one.
  const isLast = total === null ? rows.length < pageSize : total <= pageSize
  return {
    tickets: rows.map(({ number, sys_id: id }) => ({ id: ticketIdSchema.parse(id), key: number })),
    nextCursor: last === undefined || isLast ? null : `${toInstant(last.sys_updated_on)}/${last.sys_id}`,
  }
}

function behind(cursor: string): string {
  const [at = '', id = '', ...rest] = cursor.split('/')
  if (fromInstant(at) === null || !isSysId(id) || rest.length > 0) {
    throw new Rejected('The cursor is not one of this connection.')
  }
  return allOf(
    condition('sys_updated_on', '>=', at),
    anyOf(condition('sys_updated_on', '>', at), condition('sys_id', '>', id)),
  )
}
