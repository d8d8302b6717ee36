import { expect, test } from 'vitest'
import { outcomeOf } from '../src/http/http-outcome.ts'

const now = new Date('2026-11-20T12:00:00Z')
const answer = (statusCode: number, headers = {}) => ({ statusCode, headers, body: Buffer.from('b') })

test.each([
  [[200, 201, 204, 302, 304], 'sent'],
  [[401, 407, 408, 425, 429, 502, 503, 504], 'unavailable'],
  [[400, 403, 404, 409, 410, 413, 422, 451], 'refused'],
  [[500, 501, 505, 507], 'failed'],
] as const)('%j mean %s', (statuses, outcome) => {
  expect(statuses.map((status) => outcomeOf(answer(status), false, now).outcome)).toEqual(
    statuses.map(() => outcome),
  )
})

test('a target says how long it wants to be left alone, in seconds or as a date', () => {
  const date = new Date(now.getTime() + 90_000).toUTCString()
  expect(outcomeOf(answer(429, { 'retry-after': '7' }), false, now)).toMatchObject({ retryAfterMs: 7_000 })
  expect(outcomeOf(answer(503, { 'retry-after': date }), false, now)).toMatchObject({ retryAfterMs: 90_000 })
  expect(outcomeOf(answer(503), false, now)).toMatchObject({ retryAfterMs: null })
})

test('an answer is handed back when it is wanted, whatever becomes of the message', () => {
  expect(outcomeOf(answer(201), true, now)).toMatchObject({ reply: { statusCode: 201 } })
  expect(outcomeOf(answer(404), true, now)).toMatchObject({ reply: { statusCode: 404 } })
  expect(outcomeOf(answer(500), true, now)).toMatchObject({ reply: { statusCode: 500 } })
  expect(outcomeOf(answer(201), false, now)).toMatchObject({ reply: null })
})
