import {
  contentFields,
  type ContentField,
  type OverwrittenValue,
  type SyncField,
  type Ticket,
  type TicketAccount,
  type UpdateOutcome,
} from './ticket.ts'

type Resolution = NonNullable<Ticket['resolution']>

/** What one change of a ticket led to, as the ticket's history tells it; what is absent was not changed. */
export interface TicketHistoryEntry {
  /** Whether it was made by the account that we write with. */
  readonly isOurs: boolean
  /** `null`: not known. */
  readonly author: string | null
  readonly status?: Pick<Ticket['status'], 'id' | 'name'>
  readonly resolution?: Resolution | null
  readonly assignee?: TicketAccount | null
  readonly content?: Readonly<Partial<Record<ContentField, string | null>>>
}

/**
 * What became of an update whose answer was lost, from what was done to the ticket since it was seen, oldest first: what
 * our account last did to a field is that update's doing, and what others had set before that is what it replaced.
 */
export function outcomeFromHistory(
  seen: Ticket,
  ticket: Ticket,
  history: readonly TicketHistoryEntry[],
): UpdateOutcome {
  const status = replay<StatusValue>(
    { id: seen.status.id, name: seen.status.name, resolution: seen.resolution },
    history,
    (before, entry) =>
      entry.status === undefined && entry.resolution === undefined
        ? undefined
        : {
            ...(entry.status ?? before),
            resolution: entry.resolution === undefined ? before.resolution : entry.resolution,
          },
    ({ id, resolution }) => JSON.stringify([id, resolution?.id ?? null]),
  )
  const assignee = replay<TicketAccount | null>(
    seen.assignee,
    history,
    (_, entry) => entry.assignee,
    (account) => account?.id ?? null,
  )
  const contents = contentFields.map((field) => ({
    field,
    ...replay<string | null>(
      seen.content[field] ?? null,
      history,
      (_, { content }) => content?.[field],
      (value) => value,
    ),
  }))
  // A resolution that no change is told of is the one that came with the status, or was left over from an earlier time.
  const isUntold = seen.resolution === null && history.every(({ resolution }) => resolution === undefined)
  const resolutionId = (left: StatusValue): string | null =>
    (isUntold && left.id === ticket.status.id ? ticket.resolution : left.resolution)?.id ?? null
  return {
    ticket,
    ...(status.left === undefined
      ? {}
      : {
          status:
            status.left === null
              ? null
              : { id: status.left.value.id, resolutionId: resolutionId(status.left.value) },
        }),
    ...(assignee.left === undefined
      ? {}
      : { assignee: assignee.left === null ? null : { accountId: assignee.left.value?.id ?? null } }),
    overwritten: [
      ...overwrittenBy('status', status, shownStatus),
      ...overwrittenBy('assignee', assignee, (account) => account?.name ?? null),
      ...contents.flatMap((content) => overwrittenBy(content.field, content, (value) => value)),
    ],
  }
}

interface StatusValue {
  readonly id: string
  readonly name: string
  readonly resolution: Resolution | null
}

interface Replayed<Value> {
  /** What our last change left; `null`: all changes were of others; `undefined`: there was none. */
  readonly left: { readonly value: Value } | null | undefined
  readonly overwritten: readonly { readonly value: Value; readonly author: string | null }[]
}

/** One field's history played back: what others set and was neither seen nor ours is overwritten by our next change. */
function replay<Value>(
  seen: Value,
  history: readonly TicketHistoryEntry[],
  after: (before: Value, entry: TicketHistoryEntry) => Value | undefined,
  identity: (value: Value) => string | null,
): Replayed<Value> {
  const overwritten: { readonly value: Value; readonly author: string | null }[] = []
  const known = new Set([identity(seen)])
  let present = seen
  let setter: TicketHistoryEntry | null = null
  let left: Replayed<Value>['left']
  for (const entry of history) {
    const value = after(present, entry)
    if (value === undefined) continue
    if (entry.isOurs) {
      const isNews = !known.has(identity(present)) && identity(present) !== identity(value)
      if (setter !== null && isNews) overwritten.push({ value: present, author: setter.author })
      known.add(identity(value))
      left = { value }
      setter = null
    } else {
      left ??= null
      setter = entry
    }
    present = value
  }
  return { left, overwritten }
}

function overwrittenBy<Value>(
  field: SyncField,
  { overwritten }: Replayed<Value>,
  shown: (value: Value) => string | null,
): readonly OverwrittenValue[] {
  return overwritten.map(({ value, author }) => ({ field, value: shown(value), author }))
}

const shownStatus = ({ name, resolution }: StatusValue): string =>
  resolution === null ? name : `${name} (${resolution.name})`
