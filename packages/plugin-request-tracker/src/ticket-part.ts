import type { JsonObject, RefusedChange, SyncField, Ticket } from '@tripline/core'

/** One part of a change: a field with the value it is to have. */
export interface TicketPart {
  readonly field: SyncField
  /** What RT is told. */
  readonly body: JsonObject
  /** What the field holds, to compare with. */
  readonly value: (ticket: Ticket) => string | null
  /** What it is expected to hold before; `undefined`: whatever it holds. */
  readonly expected: string | null | undefined
  /** What it is to hold. */
  readonly wanted: string | null
}

export function refusal(
  { field }: Pick<TicketPart, 'field'>,
  code: RefusedChange['code'],
  message: string,
): RefusedChange {
  return { field, code, message }
}

/** What RT's words about a change that it did not make amount to. */
export function refusalOf(part: TicketPart, messages: readonly string[]): RefusedChange {
  const said = messages.join(' ')
  const message =
    said === '' ? 'RT said nothing, and did not make the change: the field may not exist there.' : said
  return refusal(part, codeOf(part, said), message)
}

function codeOf({ field }: TicketPart, said: string): RefusedChange['code'] {
  switch (field) {
    case 'status':
      return 'no_transition'
    case 'assignee':
      return 'not_assignable'
    case 'summary':
    case 'description':
    case 'priority':
    case 'labels':
      if (/permission denied/iu.test(said)) return 'not_editable'
      return said === '' ? 'not_editable' : 'not_applied'
  }
}
