import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../../src/simulator/main.ts', import.meta.url))

test('runs as a process that prints its address and ends on SIGTERM', async () => {
  const child = spawn(process.execPath, [MAIN, '--port', '0'])
  let printed = ''
  child.stdout.on('data', (chunk) => (printed += String(chunk)))
  await expect.poll(() => printed, { timeout: 20_000 }).toContain('users')
  const url = /http:\/\/127\.0\.0\.1:\d+/u.exec(printed)?.[0]
  const answer = await fetch(`${url}/api/now/table/incident`)
  expect(answer.status).toBe(401)
  expect(await answer.json()).toMatchObject({
    error: { message: 'User Not Authenticated' },
    status: 'failure',
  })
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})
