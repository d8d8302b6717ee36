import { callOptions, failureOf, noNeeds, sampleDraft, statusChange } from '@tripline/adapter-testkit'
import { expect, onTestFinished, test } from 'vitest'
import { type DeskWorld, startDeskWorld } from './desk-world.ts'

// What is Desk's own, and so in no contract.

test('writes nothing over a change that came between reading and writing', async () => {
  const { adapter, desk, probes, secrets } = await startedWorld()
  const seen = await adapter.create(sampleDraft(), callOptions())
  let hasActed = false
  desk.faults.add({
    kind: 'server-error',
    method: 'PATCH',
    matches() {
      if (!hasActed) probes.rename(seen.id, 'By hand')
      hasActed = true
      return false
    },
  })
  const error = await failureOf(adapter.update(seen, { summary: 'Written' }, callOptions()), secrets)
  expect(error).toMatchObject({ code: 'UNAVAILABLE', outcome: 'not_done' })
  expect(probes.summary(seen.id)).toBe('By hand')
})

test('says that a resolution is not known there, and leaves the status', async () => {
  const { adapter } = await startedWorld()
  const ticket = await adapter.create(sampleDraft(), callOptions())
  const status = statusChange('done', { resolution: 'action_taken', resolutionId: 'fixed' })
  const update = await adapter.update(ticket, { status }, callOptions())
  expect(update).toMatchObject({ statusId: null, ticket: { status: { id: 'new' } } })
  expect(update.refused).toEqual([
    { field: 'status', code: 'invalid_value', message: expect.stringContaining('resolution') },
  ])
})

test('stays where the path was barred, and says how far it got', async () => {
  const { adapter } = await startedWorld()
  const ticket = await adapter.create(sampleDraft(), callOptions())
  const status = statusChange('archived', { via: ['working'] })
  const update = await adapter.update(ticket, { status }, callOptions())
  expect(update).toMatchObject({ statusId: 'working', ticket: { status: { id: 'working' } } })
  expect(update.refused).toEqual([expect.objectContaining({ field: 'status', code: 'no_transition' })])
})

test('finds a queue that is not there and a resolution that cannot be', async () => {
  const { connect } = await startedWorld()
  const outcomes = [{ resolutionId: 'fixed', fields: ['region'] }]
  const errors = async (queue: string) => {
    const { findings } = await connect({ queue }).check({ ...noNeeds, outcomes }, callOptions())
    return findings.filter(({ severity }) => severity === 'error').map(({ subject }) => subject)
  }
  expect(await errors('NOT-THERE')).toEqual(['queue:NOT-THERE'])
  expect(await errors('SEC')).toEqual(['field:region', 'resolution:fixed'])
})

async function startedWorld(): Promise<DeskWorld> {
  const world = await startDeskWorld()
  onTestFinished(() => world.close())
  return world
}
