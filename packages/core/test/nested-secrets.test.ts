import { expect, test } from 'vitest'
import { z } from 'zod'
import { divideSecrets, joinSecrets, secret } from '../src/index.ts'

const schema = z.object({
  host: z.string(),
  header: secret(z.string()).optional(),
  authentication: z.discriminatedUnion('type', [
    z.object({ type: z.literal('none') }),
    z.object({ type: z.literal('basic'), password: secret(z.string()) }).refine(() => true),
  ]),
  accounts: z.array(z.object({ user: z.string(), password: secret(z.string()) })).default([]),
})
const settings = {
  host: 'h',
  header: 'X-Key: 1',
  authentication: { type: 'basic', password: 'p' },
  accounts: [
    { user: 'a', password: 'pa' },
    { user: 'b', password: 'pb' },
  ],
}

test('secrets are taken out at any depth, and put back to where they were', () => {
  const divided = divideSecrets(schema, settings)
  expect(divided.settings).toEqual({
    host: 'h',
    authentication: { type: 'basic' },
    accounts: [{ user: 'a' }, { user: 'b' }],
  })
  expect(divided.secrets).toEqual({
    header: 'X-Key: 1',
    'authentication.password': 'p',
    'accounts.0.password': 'pa',
    'accounts.1.password': 'pb',
  })
  expect(joinSecrets(divided.settings, divided.secrets)).toEqual(settings)
})

test('a secret whose place is gone is left out, and one that was given anew stays', () => {
  const { secrets } = divideSecrets(schema, settings)
  const changed = { host: 'h', authentication: { type: 'basic', password: 'new' }, accounts: [{ user: 'a' }] }
  expect(joinSecrets(changed, secrets)).toEqual({
    host: 'h',
    header: 'X-Key: 1',
    authentication: { type: 'basic', password: 'new' },
    accounts: [{ user: 'a', password: 'pa' }],
  })
})
