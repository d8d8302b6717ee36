import { expect, test } from 'vitest'
import { createLog } from '../../src/log.ts'

test('secrets do not get into the log, however deep they lie', () => {
  const lines: string[] = []
  const log = createLog(
    { logLevel: 'info', logFormat: 'json' },
    { write: (line: string) => void lines.push(line) },
  )
  const secret = 'hunter2'
  log.info(
    {
      authorization: secret,
      req: { headers: { authorization: secret, cookie: secret } },
      settings: { apiToken: secret, nested: { deeper: { password: secret } } },
      kept: 'shown',
    },
    'something happened',
  )
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('shown')
  expect(lines[0]).not.toContain(secret)
})
