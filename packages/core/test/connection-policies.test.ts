import fc from 'fast-check'
import { expect, test } from 'vitest'
import { connectionPoliciesSchema, decideRecurrence, resolutions } from '../src/index.ts'

const at = (hour: number): Date => new Date(Date.UTC(2026, 10, 20) + hour * 3_600_000)
const reopening = (recurrence: object) =>
  connectionPoliciesSchema.parse({ recurrence: { mode: 'reopen', ...recurrence } })

test('closed detections stay closed unless the policy says otherwise', () => {
  const recurrence = { closedAt: at(0), resolution: null, updateTime: at(1), now: at(2) }
  expect(decideRecurrence(connectionPoliciesSchema.parse({}), recurrence)).toBe('ignore')
})

test('the same ticket within the time, a new one after it', () => {
  const policies = reopening({ reopenWithinHours: 24 })
  const recurrence = { closedAt: at(0), resolution: null, updateTime: at(1) }
  expect(decideRecurrence(policies, { ...recurrence, now: at(24) })).toBe('reopen')
  expect(decideRecurrence(policies, { ...recurrence, now: at(24.1) })).toBe('new-ticket')
})

test('news of what happened before the closing never opens anything', () => {
  const hours = fc.double({ min: 0, max: 1_000, noNaN: true })
  fc.assert(
    fc.property(
      hours,
      hours,
      fc.option(fc.nat(100)),
      fc.option(fc.constantFrom(...resolutions)),
      (before, later, within, resolution) => {
        const recurrence = {
          closedAt: at(before),
          updateTime: at(before - before / 2),
          now: at(before + later),
          resolution,
        }
        expect(decideRecurrence(reopening({ reopenWithinHours: within }), recurrence)).toBe('ignore')
      },
    ),
  )
})

test('outcomes that stay closed do', () => {
  const policies = reopening({ staysClosed: ['no_action_taken'] })
  const recurrence = { closedAt: at(0), updateTime: at(1), now: at(2) }
  expect(decideRecurrence(policies, { ...recurrence, resolution: 'no_action_taken' })).toBe('ignore')
  expect(decideRecurrence(policies, { ...recurrence, resolution: 'action_taken' })).toBe('reopen')
})
