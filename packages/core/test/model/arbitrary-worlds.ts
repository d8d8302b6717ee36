import fc from 'fast-check'
import {
  detectionStatuses,
  fieldOwnerships,
  resolutions,
  syncMappingsSchema,
  ticketStatusCategories,
  type SyncMappings,
  type TrackingChange,
  type TrackingState,
} from '../../src/index.ts'
import type { SystemShape, TicketRow } from './ticketing-system.ts'

const statusIds = ['todo', 'triage', 'doing', 'review', 'done', 'wontfix'] as const
const remoteResolutions = ['fixed', 'declined', 'duplicate'] as const
const accountIds = ['a1', 'a2', 'a3', 'a4'] as const
/** `zoe` has no account there; `Four` is what account a4, which nobody is mapped to, is called. */
const usernames = ['ann', 'anna', 'bob', 'cem', 'zoe', 'Four'] as const
const texts = ['one', 'two  words', ' three ', 'four'] as const

const shapes: fc.Arbitrary<SystemShape> = fc.record({
  statuses: fc.constant([
    { id: 'todo', name: 'To do', category: 'open' as const },
    { id: 'triage', name: 'Triage', category: 'open' as const },
    { id: 'doing', name: 'In progress', category: 'active' as const },
    { id: 'review', name: 'Review', category: 'active' as const },
    { id: 'done', name: 'Done', category: 'done' as const },
    { id: 'wontfix', name: 'Declined', category: 'done' as const },
  ]),
  missingTransitions: fc
    .uniqueArray(
      fc
        .tuple(fc.constantFrom(...statusIds), fc.constantFrom(...statusIds))
        .map(([from, to]) => `${from}>${to}`),
      { maxLength: 8 },
    )
    .map((pairs) => new Set(pairs)),
  resolutions: fc.constant(remoteResolutions),
  defaultResolution: fc.option(fc.constantFrom(...remoteResolutions)),
  takesResolution: fc.boolean(),
  accounts: fc.constant([
    { id: 'a1', name: 'One' },
    { id: 'a2', name: 'Two' },
    { id: 'a3', name: 'Three' },
    { id: 'a4', name: 'Four' },
  ]),
  unassignable: fc.subarray([...accountIds]).map((ids) => new Set<string>(ids.slice(0, 1))),
  dropsAssignments: fc.boolean(),
  editable: fc.boolean(),
  normalise: fc.constantFrom(
    (text: string) => text,
    (text: string) => text.trim().replaceAll(/\s+/gu, ' '),
    (text: string) => text.toUpperCase(),
  ),
})

const targets = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constant(null) },
  {
    weight: 3,
    arbitrary: fc.record({
      id: fc.constantFrom(...statusIds),
      via: fc.uniqueArray(fc.constantFrom(...statusIds), { maxLength: 2 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ category: fc.constantFrom(...ticketStatusCategories) }) },
)

const defined = <Value>(entries: Record<string, Value | undefined>): Record<string, Value> =>
  Object.fromEntries(
    Object.entries(entries).filter((entry): entry is [string, Value] => entry[1] !== undefined),
  )

const ownerships = fc.oneof(
  { weight: 2, arbitrary: fc.constant('both' as const) },
  fc.constantFrom(...fieldOwnerships),
)

/** Mappings of every kind: lossy ones, ones that contradict themselves, each ownership, each policy. */
const mappings: fc.Arbitrary<SyncMappings> = fc
  .record({
    outbound: fc.record(Object.fromEntries(detectionStatuses.map((status) => [status, targets]))),
    inbound: fc.dictionary(fc.constantFrom(...statusIds), fc.constantFrom(...detectionStatuses), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
    open: fc.constantFrom('new', 'open', 'acknowledged'),
    active: fc.constantFrom('in_progress', 'acknowledged'),
    outcomesOut: fc.record(
      Object.fromEntries(
        [...resolutions, 'none'].map((resolution) => [
          resolution,
          fc.option(
            fc.constantFrom(...remoteResolutions).map((resolutionId) => ({ resolutionId })),
            { nil: undefined },
          ),
        ]),
      ),
    ),
    outcomesIn: fc.dictionary(fc.constantFrom(...remoteResolutions), fc.constantFrom(...resolutions), {
      noNullPrototype: true,
    }),
    status: ownerships,
    assignee: ownerships,
    summary: ownerships,
    conflicts: fc.constantFrom('prefer-ticket', 'prefer-tripline', 'ask'),
  })
  .map((made) =>
    syncMappingsSchema.parse({
      status: {
        outbound: defined(made.outbound),
        inbound: made.inbound,
        inboundByCategory: { open: made.open, active: made.active },
      },
      outcomes: { outbound: defined(made.outcomesOut), inbound: made.outcomesIn },
      // Two of our users share an account, and one of our users has two.
      identities: [
        { username: 'ann', accountId: 'a1' },
        { username: 'anna', accountId: 'a1' },
        { username: 'bob', accountId: 'a2' },
        { username: 'bob', accountId: 'a3' },
        { username: 'cem', accountId: 'a3' },
      ],
      ownership: { status: made.status, assignee: made.assignee, summary: made.summary },
      conflicts: made.conflicts,
    }),
  )

const rows: fc.Arbitrary<TicketRow> = fc.record({
  status: fc.constantFrom(...statusIds),
  resolution: fc.constant(null),
  assignee: fc.option(fc.constantFrom(...accountIds)),
  summary: fc.option(fc.constantFrom(...texts)),
})

const tracking: fc.Arbitrary<Partial<TrackingState>> = fc.record({
  status: fc.constantFrom(...detectionStatuses),
  assignee: fc.option(fc.constantFrom(...usernames), { nil: null }),
})

/** Something a person, or for our text the sensor, does on one side. */
export type Edit =
  | { readonly side: 'ours'; readonly change: TrackingChange }
  | { readonly side: 'ours'; readonly summary: string }
  | { readonly side: 'theirs'; readonly status: string; readonly resolution: string | null }
  | { readonly side: 'theirs'; readonly assignee: string | null }
  | { readonly side: 'theirs'; readonly summary: string }

/** Edits, each at a moment of a round of reconciling. */
type Script = readonly (readonly { readonly at: EditMoment; readonly edit: Edit }[])[]

const editMoments = ['before', 'planned', 'applied', 'checked', 'written'] as const
export type EditMoment = (typeof editMoments)[number]

export const edits: fc.Arbitrary<Edit> = fc.oneof(
  fc
    .constantFrom('open', 'acknowledged', 'in_progress', 'closed', 'action', 'no_action')
    .map((status): Edit => ({
      side: 'ours',
      change:
        status === 'action' || status === 'no_action'
          ? { status: 'closed', resolution: `${status}_taken` }
          : { status: status as 'open' },
    })),
  fc.option(fc.constantFrom(...usernames)).map((assignee): Edit => ({ side: 'ours', change: { assignee } })),
  fc.constantFrom(...texts).map((summary): Edit => ({ side: 'ours', summary })),
  fc
    .tuple(fc.constantFrom(...statusIds), fc.option(fc.constantFrom(...remoteResolutions)))
    .map(([status, resolution]): Edit => ({ side: 'theirs', status, resolution })),
  fc.option(fc.constantFrom(...accountIds)).map((assignee): Edit => ({ side: 'theirs', assignee })),
  fc.constantFrom('reworded', 'by hand', ...texts).map((summary): Edit => ({ side: 'theirs', summary })),
)

const script: fc.Arbitrary<Script> = fc.array(
  fc.array(fc.record({ at: fc.constantFrom(...editMoments), edit: edits }), { maxLength: 3 }),
  { maxLength: 6 },
)

/** A system, mappings, both sides as they meet, and what happens then. */
export const worlds = fc.record({
  shape: shapes,
  mappings,
  row: rows,
  tracking,
  created: fc.boolean(),
  script,
})
export type ArbitraryWorld = typeof worlds extends fc.Arbitrary<infer World> ? World : never
