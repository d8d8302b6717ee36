import { expect, test } from 'vitest'
import { headerWord, httpAddress, requestTimeoutMs } from '../src/index.ts'

test.each([
  ['https://desk.example.org', 'https://desk.example.org'],
  ['http://127.0.0.1:8080/rt//', 'http://127.0.0.1:8080/rt'],
])('takes the address %s as %s', (given, address) => {
  expect(httpAddress.parse(given)).toBe(address)
})

test.each([
  'desk.example.org',
  'ftp://desk.example.org',
  'https://user:pass@desk.example.org',
  'https://desk.example.org/?x=1',
  'https://desk.example.org/#top',
])('refuses the address %s', (given) => {
  expect(httpAddress.safeParse(given).success).toBe(false)
})

test.each([
  ['tok-1', true],
  ['two words', false],
  ['line\n', false],
  ['ü', false],
  ['', false],
])('a header takes %j: %s', (given, isTaken) => {
  expect(headerWord.safeParse(given).success).toBe(isTaken)
})

test('a request may take 20 seconds, or what is set between 50 ms and two minutes', () => {
  expect(requestTimeoutMs.parse(undefined)).toBe(20_000)
  expect([49, 120_001, 1.5].map((ms) => requestTimeoutMs.safeParse(ms).success)).toEqual([
    false,
    false,
    false,
  ])
})
