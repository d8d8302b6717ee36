import { InvalidSettings, parsePluginSettings, secretNames } from '@tripline/core'
import { describe, expect, test } from 'vitest'
import { requestTrackerPlugin } from '../src/index.ts'

const least = { baseUrl: 'https://rt.example.org/rt/', token: '1-27-abc', queue: 'Security' }
const parsed = (change: Record<string, unknown> = {}) =>
  parsePluginSettings(requestTrackerPlugin, { ...least, ...change })

describe('settings', () => {
  test('need an address, a token and a queue, and know the default lifecycle', () => {
    expect(parsed()).toMatchObject({
      baseUrl: 'https://rt.example.org/rt',
      dedupeField: 'Tripline',
      statuses: { initial: ['new'], active: ['open', 'stalled'], inactive: ['resolved', 'rejected'] },
      priorities: { Low: 0, Medium: 50, High: 100 },
    })
  })

  test('take a user name with its password instead of a token', () => {
    expect(parsed({ token: undefined, username: 'gateway', password: 'x' }).username).toBe('gateway')
  })

  test.each([
    [{ token: undefined }],
    [{ token: undefined, username: 'gateway' }],
    [{ token: 'two words' }],
    [{ baseUrl: 'ftp://rt.example.org' }],
    [{ baseUrl: 'https://user:secret@rt.example.org' }],
    [{ baseUrl: 'https://rt.example.org/?x=1' }],
    [{ queue: ' ' }],
    [{ dedupeField: "x} = '' OR id > 0 OR CF.{x" }],
    [{ statuses: { initial: ['new'], active: ['NEW'], inactive: ['closed'] } }],
    [{ statuses: { inactive: ['deleted'] } }],
    [{ priorities: { High: 1.5 } }],
  ])('refuse %j', (change) => {
    expect(() => parsed(change)).toThrow(InvalidSettings)
  })

  test('keep the token and the password secret', () => {
    expect(secretNames(requestTrackerPlugin.settings)).toEqual(['token', 'password'])
  })
})
