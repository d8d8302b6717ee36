import { dedupeKeySchema, Unavailable } from '@tripline/core'
import { describe, expect, test } from 'vitest'
import { failureOf, newDedupeKey, sampleDraft } from '../src/index.ts'

describe('failureOf', () => {
  test('returns the error of a call that failed as it may', async () => {
    const error = new Unavailable('Jira did not answer.')
    expect(await failureOf(Promise.reject(error), ['s3cret'])).toBe(error)
  })

  test('does not accept success or an error of another kind', async () => {
    await expect(failureOf(Promise.resolve(null), [])).rejects.toThrow(/should have failed/u)
    await expect(failureOf(Promise.reject(new TypeError('bug')), [])).rejects.toThrow(/TicketingErrors only/u)
  })

  test.each([
    ['its message', new Unavailable('Bearer s3cret was refused')],
    ['its cause', new Unavailable('failed', { cause: new Error('authorization: s3cret') })],
    ['a member', Object.assign(new Unavailable('failed'), { request: { headers: { token: 's3cret' } } })],
  ])('finds a secret in %s', async (_, error) => {
    await expect(failureOf(Promise.reject(error), ['s3cret'])).rejects.toThrow(/shows a secret/u)
  })
})

describe('sampleDraft', () => {
  test('has a dedupe key of its own, in every place', () => {
    const [one, other] = [sampleDraft(), sampleDraft()]
    expect(one.dedupeKey).not.toBe(other.dedupeKey)
    expect(one.backlink.dedupeKey).toBe(one.dedupeKey)
    expect(dedupeKeySchema.parse(newDedupeKey())).toBeTruthy()
  })
})
