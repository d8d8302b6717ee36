import { expect, test } from 'vitest'
import { placeFindings } from '../src/index.ts'

const needs = {
  createFields: ['region', 'site'],
  outcomes: [
    { resolutionId: 'fixed', fields: ['site', 'cause'] },
    { resolutionId: null, fields: [] },
  ],
  accounts: [
    { username: 'ann', accountId: 'a1' },
    { username: 'bob', accountId: 'b1' },
  ],
}

const failures = (findings: ReturnType<typeof placeFindings>): object[] =>
  findings.filter(({ severity }) => severity === 'error').map(({ subject, remedy }) => ({ subject, remedy }))

test('a place that is not there is all there is to say', () => {
  expect(placeFindings('queue', 'SEC', null, needs)).toEqual([
    expect.objectContaining({ severity: 'error', subject: 'queue:SEC' }),
  ])
})

test('a place that offers everything is sound', () => {
  const offer = { fields: ['region', 'site', 'cause'], resolutions: ['fixed'], accounts: ['a1', 'b1'] }
  expect(placeFindings('queue', 'SEC', offer, needs)).toEqual([
    { severity: 'ok', subject: 'queue:SEC', message: 'The queue SEC is there.', remedy: null },
  ])
})

test('each thing that is needed and not offered is found once, with what to map instead', () => {
  const offer = { fields: ['region', 'cause'], resolutions: [], accounts: ['a1'] }
  expect(failures(placeFindings('queue', 'SEC', offer, needs))).toEqual([
    { subject: 'field:site', remedy: 'Map one of: region, cause.' },
    { subject: 'resolution:fixed', remedy: 'Map no resolution.' },
    { subject: 'account:b1', remedy: expect.stringContaining('Map bob to another account') },
  ])
})
