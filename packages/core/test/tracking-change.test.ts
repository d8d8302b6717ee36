import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  changeTracking,
  convertToInternalTracking,
  detectionStatuses,
  parseTrackingChange,
  requireTracking,
  resolutions,
  trackingSettingsSchema,
  type TrackingChange,
  type TrackingSettings,
  type TrackingState,
} from '../src/index.ts'

const settings = (internalTracking: boolean, externalTracking: boolean): TrackingSettings =>
  trackingSettingsSchema.parse({ internalTracking, externalTracking })

const both = settings(true, true)
const untouched: TrackingState = { status: 'open', resolution: null, assignee: null, ticketId: null }
const closed: TrackingState = { ...untouched, status: 'closed', resolution: 'action_taken' }

const codeOf = (act: () => unknown): string => {
  try {
    act()
    return 'done'
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('Who may track', () => {
  test.each([
    ['internal', settings(true, false), 'done', 'TRACKING_DISABLED'],
    ['external', settings(false, true), 'TRACKING_DISABLED', 'done'],
    ['both', both, 'done', 'done'],
    ['neither', settings(false, false), 'TRACKING_DISABLED', 'TRACKING_DISABLED'],
  ])('depends on the mode: %s', (_, mode, person, integration) => {
    expect(codeOf(() => requireTracking(mode, 'person'))).toBe(person)
    expect(codeOf(() => requireTracking(mode, 'integration'))).toBe(integration)
    expect(codeOf(() => changeTracking(untouched, { assignee: 'ann' }, mode, 'person'))).toBe(person)
    expect(codeOf(() => changeTracking(untouched, { assignee: 'ann' }, mode, 'integration'))).toBe(
      integration,
    )
  })

  test('sets `new` only as an integration', () => {
    expect(changeTracking(untouched, { status: 'new' }, both, 'integration').status).toBe('new')
    expect(codeOf(() => changeTracking(untouched, { status: 'new' }, both, 'person'))).toBe(
      'INVALID_STATUS_TRANSITION',
    )
  })

  test('touches the ticket id only while external tracking is on', () => {
    expect(changeTracking(untouched, { ticketId: 'SEC-1' }, both, 'person').ticketId).toBe('SEC-1')
    for (const ticketId of ['SEC-1', null]) {
      const act = (): unknown => changeTracking(untouched, { ticketId }, settings(true, false), 'person')
      expect(codeOf(act)).toBe('TRACKING_DISABLED')
    }
  })
})

describe('The resolution', () => {
  test('is cleared when the status leaves `closed`', () => {
    expect(changeTracking(closed, { status: 'in_progress' }, both, 'person').resolution).toBeNull()
  })

  test('stays when a closed detection changes otherwise', () => {
    expect(changeTracking(closed, { assignee: 'ann' }, both, 'person').resolution).toBe('action_taken')
    expect(changeTracking(closed, { status: 'closed' }, both, 'person')).toBe(closed)
  })

  test('can be changed and removed while closed', () => {
    expect(changeTracking(closed, { resolution: 'no_action_taken' }, both, 'person').resolution).toBe(
      'no_action_taken',
    )
    expect(changeTracking(closed, { resolution: null }, both, 'person')).toMatchObject({
      status: 'closed',
      resolution: null,
    })
  })

  test.each(detectionStatuses)('is refused together with %s, unless that is `closed`', (status) => {
    const act = (): unknown =>
      changeTracking(closed, { status, resolution: 'action_taken' }, both, 'integration')
    expect(codeOf(act)).toBe(status === 'closed' ? 'done' : 'RESOLUTION_NOT_ALLOWED')
  })

  test('may be removed where there is none', () => {
    expect(changeTracking(untouched, { resolution: null }, both, 'person')).toBe(untouched)
  })
})

describe('A change', () => {
  const changes: fc.Arbitrary<TrackingChange> = fc.record(
    {
      status: fc.constantFrom(...detectionStatuses),
      resolution: fc.option(fc.constantFrom(...resolutions)),
      assignee: fc.option(fc.constantFrom('ann', 'bob')),
      ticketId: fc.option(fc.constantFrom('SEC-1', 'SEC-2')),
    },
    { requiredKeys: [] },
  )

  test('made twice is made once, and a resolution never outlives `closed`', () => {
    fc.assert(
      fc.property(fc.array(changes), changes, (history, change) => {
        let state = untouched
        for (const earlier of [...history, change]) {
          try {
            state = changeTracking(state, earlier, both, 'integration')
          } catch {
            continue
          }
          expect(changeTracking(state, earlier, both, 'integration')).toBe(state)
          expect(state.resolution === null || state.status === 'closed').toBe(true)
        }
      }),
    )
  })

  test('that is refused leaves the state as it was', () => {
    const state = Object.freeze({ ...closed })
    expect(codeOf(() => changeTracking(state, { status: 'new', assignee: 'ann' }, both, 'person'))).not.toBe(
      'done',
    )
    expect(state).toEqual(closed)
  })

  test.each([
    [{ assignee: '' }, /assignee must not be empty; null removes it/],
    [{ assignee: '  ' }, /assignee must not be empty/],
    [{ assignee: 'x'.repeat(201) }, /200/],
    [{ assignee: 'a\u0000' }, /well-formed/],
    [{ ticketId: '' }, /ticket id must not be empty/],
    [{ ticketId: '\uD800' }, /well-formed/],
    [{ status: 'done' }, /status|option/i],
    [{ status: null }, /status|option/i],
  ])('such as %j is refused', (change, reason) => {
    expect(() => parseTrackingChange(change)).toThrow(reason)
    expect(codeOf(() => parseTrackingChange(change))).toBe('INVALID_INPUT')
  })

  test('names every problem at once', () => {
    expect(() => parseTrackingChange({ assignee: '', ticketId: '' })).toThrow(
      expect.objectContaining({
        issues: [
          expect.objectContaining({ path: 'assignee' }),
          expect.objectContaining({ path: 'ticketId' }),
        ],
      }),
    )
  })
})

describe('Turning external tracking off', () => {
  test.each(detectionStatuses)('keeps the status %s, except that `new` becomes `open`', (status) => {
    const state = { ...untouched, status, assignee: 'ann', ticketId: 'SEC-1' }
    expect(convertToInternalTracking(state)).toEqual({ ...state, status: status === 'new' ? 'open' : status })
  })
})
