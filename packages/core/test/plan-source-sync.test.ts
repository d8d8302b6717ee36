import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  detectionStatuses,
  isEmptySourcePlan,
  planSourceSync,
  resolutions,
  type SourceChange,
  type SourceConflictPolicy,
  type SourceSyncBase,
  type SourceTracking,
  type TrackingChange,
  type TrackingState,
} from '../src/index.ts'

const words = {
  malicious_true_positive: 'action_taken',
  false_positive: 'no_action_taken',
} as const

const untouched: SourceTracking = { status: null, resolution: null, assignee: null, ticketId: null }
const open: TrackingState = { status: 'open', resolution: null, assignee: null, ticketId: null }

function plan(
  base: SourceSyncBase,
  ours: TrackingState,
  theirs: SourceTracking,
  conflicts: SourceConflictPolicy = 'prefer-tripline',
) {
  return planSourceSync({ base, ours, theirs, conflicts, resolutions: words })
}

/** A sensor that has taken a change, by the rules of its API. */
function written(before: SourceTracking, { status, assignee, ticketId }: SourceChange): SourceTracking {
  return {
    status: status === undefined ? before.status : status.status === 'open' ? null : status.status,
    resolution: status === undefined ? before.resolution : status.resolution,
    assignee: assignee === undefined ? before.assignee : assignee,
    ticketId: ticketId === undefined ? before.ticketId : ticketId,
  }
}

/** A detection that has taken what came in. */
function taken(before: TrackingState, inbound: TrackingChange): TrackingState {
  const next = { ...before, ...inbound } as TrackingState
  return next.status === 'closed' ? next : { ...next, resolution: null }
}

const agreed = plan({}, open, untouched).base

describe('a detection and its sensor', () => {
  it('agree from the beginning when both are untouched', () => {
    expect(isEmptySourcePlan(plan({}, open, untouched))).toBe(true)
    expect(agreed).toEqual({
      status: { ours: 'open', theirs: 'open' },
      assignee: { ours: null, theirs: null },
      ticketId: { ours: null, theirs: null },
    })
  })

  it('give each other what only one of them has', () => {
    const ours: TrackingState = { ...open, status: 'new', ticketId: 'SEC-1' }
    const { inbound, outbound, conflicts } = plan({}, ours, { ...untouched, assignee: 'kim' })
    expect({ inbound, outbound, conflicts }).toEqual({
      inbound: { assignee: 'kim' },
      outbound: { status: { status: 'new', resolution: null }, ticketId: 'SEC-1' },
      conflicts: [],
    })
  })

  it('differ by the side that changed since they agreed', () => {
    expect(plan(agreed, { ...open, ticketId: 'SEC-1' }, untouched).outbound).toEqual({ ticketId: 'SEC-1' })
    expect(plan(agreed, open, { ...untouched, ticketId: 'EX-9' }).inbound).toEqual({ ticketId: 'EX-9' })
    const closed = plan(agreed, open, { ...untouched, status: 'closed', resolution: 'action_taken' })
    expect(closed.inbound).toEqual({ status: 'closed', resolution: 'action_taken' })
  })

  it('write the removal of a resolution with the status that it belongs to', () => {
    const both = { status: 'closed', resolution: 'action_taken' } as const
    const base = plan({}, { ...open, ...both }, { ...untouched, ...both }).base
    const { outbound } = plan(base, { ...open, status: 'closed' }, { ...untouched, ...both })
    expect(outbound).toEqual({ status: { status: 'closed', resolution: null } })
  })

  it('mean the same by the words of later firmware', () => {
    const theirs = { ...untouched, status: 'closed', resolution: 'malicious_true_positive' }
    const { inbound } = plan(agreed, open, theirs)
    expect(inbound).toEqual({ status: 'closed', resolution: 'action_taken' })
    expect(isEmptySourcePlan(plan(agreed, taken(open, inbound), theirs))).toBe(true)
  })

  it.each([
    ['prefer-tripline', 'ours'],
    ['prefer-source', 'theirs'],
  ] as const)('record who wins when both changed a field: %s', (policy, winner) => {
    const { conflicts, inbound, outbound } = plan(
      agreed,
      { ...open, ticketId: 'SEC-1' },
      { ...untouched, ticketId: 'EX-9' },
      policy,
    )
    expect(conflicts).toEqual([
      { field: 'ticketId', ours: 'SEC-1', theirs: 'EX-9', winner, reason: 'both_changed' },
    ])
    expect(winner === 'ours' ? outbound : inbound).toEqual({ ticketId: winner === 'ours' ? 'SEC-1' : 'EX-9' })
  })

  it('recognise a value that was written although no answer came', () => {
    const ours: TrackingState = { ...open, status: 'in_progress', assignee: 'kim', ticketId: 'SEC-1' }
    const lost = plan(agreed, ours, untouched)
    const later = taken(ours, { assignee: 'sam' })
    const again = plan(lost.baseWhileWriting, later, written(untouched, lost.outbound))
    expect(again.conflicts).toEqual([])
    expect(again.inbound).toEqual({})
    expect(again.outbound).toEqual({ assignee: 'sam' })
  })

  it('do not take for written what the sensor does not show', () => {
    const closing = plan(agreed, { ...open, status: 'closed' }, untouched)
    const shown = { ...untouched, status: 'closed', resolution: 'no_action_taken' }
    const after = plan(closing.settle(shown, []), { ...open, status: 'closed' }, shown)
    expect(after.conflicts).toMatchObject([{ field: 'status', theirs: 'closed/no_action_taken' }])
  })

  it('keep apart what was refused', () => {
    const ours: TrackingState = { ...open, status: 'closed', ticketId: 'SEC-1' }
    const first = plan(agreed, ours, untouched)
    const shown = written(untouched, { status: { status: 'closed', resolution: null } })
    expect(plan(first.settle(shown, ['ticketId']), ours, shown).outbound).toEqual({ ticketId: 'SEC-1' })
  })

  it('are equal once a plan is carried out, and stay so, whatever both had done', () => {
    const name = fc.option(fc.constantFrom('kim', 'sam', 'Ada Byron'), { nil: null })
    const tracked = fc
      .tuple(
        fc.constantFrom(...detectionStatuses),
        fc.option(fc.constantFrom(...resolutions), { nil: null }),
        name,
        name,
      )
      .map(([status, resolution, assignee, ticketId]): TrackingState => ({
        status,
        resolution: status === 'closed' ? resolution : null,
        assignee,
        ticketId,
      }))
    const asShown = (state: TrackingState): SourceTracking =>
      written(untouched, { status: state, assignee: state.assignee, ticketId: state.ticketId })
    const policies = fc.constantFrom('prefer-tripline', 'prefer-source')
    fc.assert(
      fc.property(
        tracked,
        tracked,
        fc.option(tracked, { nil: null }),
        policies,
        (ours, theirs, both, policy) => {
          const base = both === null ? {} : plan({}, both, asShown(both)).base
          const shown = asShown(theirs)
          const first = plan(base, ours, shown, policy)
          const here = taken(ours, first.inbound)
          const there = written(shown, first.outbound)
          expect(asShown(here)).toEqual(there)
          const settled = first.settle(there, [])
          expect(isEmptySourcePlan(plan(settled, here, there, policy))).toBe(true)
          expect(isEmptySourcePlan(plan(first.baseWhileWriting, here, there, policy))).toBe(true)
        },
      ),
    )
  })
})
