import { Rejected, type TicketRef } from '@tripline/core'

/** Whether a value is the id of a record. */
export function isSysId(value: string): boolean {
  return /^[0-9a-f]{32}$/u.test(value)
}

/** @throws Rejected for an id that no record has: in a path or a query it would address something else. */
export function incidentId({ id }: Pick<TicketRef, 'id'>): string {
  if (!isSysId(id)) throw new Rejected('The ticket id is none of a ServiceNow incident.')
  return id
}
