import {
  type ContentField,
  type RefusedChange,
  type SyncField,
  syncFields,
  type Ticket,
  type TicketChange,
} from './ticket.ts'

/** One part of a change, which is done or refused on its own. */
export interface TicketPart<Step> {
  readonly field: SyncField
  /** What the ticket is to hold, as {@link heldValue} reads it. */
  readonly wanted: string | null
  /** What leads there, in order: several steps where a status is reached through others. */
  readonly steps: readonly Step[]
}

/** How a system is told each part of a change. A part that is left out is one that the system has no place for. */
export type PartMakers<Step> = {
  readonly [Field in SyncField]?: (
    value: Exclude<TicketChange[Field], undefined>,
  ) => Omit<TicketPart<Step>, 'field'>
}

/** The parts of a change that a system has a place for: the status first, then the assignee, then the content. */
export function partsOf<Step>(change: TicketChange, makers: PartMakers<Step>): readonly TicketPart<Step>[] {
  return syncFields.flatMap((field) => partOf(field, change, makers))
}

function partOf<Field extends SyncField, Step>(
  field: Field,
  change: TicketChange,
  makers: PartMakers<Step>,
): readonly TicketPart<Step>[] {
  const make = makers[field]
  const value = change[field]
  if (make === undefined || value === undefined) return []
  return [{ field, ...make(value as Exclude<TicketChange[Field], undefined>) }]
}

/** What a ticket holds of a field: ids of status and assignee, content as it is; `undefined`: it cannot be read. */
export function heldValue(
  { assignee, content, status }: Ticket,
  field: SyncField,
): string | null | undefined {
  if (field === 'status') return status.id
  if (field === 'assignee') return assignee?.id ?? null
  return content[field]
}

/**
 * The refusal of a part whose value is another one than when the change was planned; `null`: it is still that one, or was
 * never read, so that nothing is expected of it.
 */
export function changedMeanwhile(field: SyncField, seen: Ticket, now: Ticket): RefusedChange | null {
  const wasRead = isContent(field) ? seen.content[field] !== undefined : seen.status.id !== ''
  if (!wasRead || heldValue(now, field) === heldValue(seen, field)) return null
  const message = `Somebody changed the ${field} of ${now.key} since it was read.`
  return { field, code: 'changed_meanwhile', message }
}

function isContent(field: SyncField): field is ContentField {
  return field !== 'status' && field !== 'assignee'
}
