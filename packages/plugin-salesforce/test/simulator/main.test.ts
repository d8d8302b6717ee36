import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../../src/simulator/main.ts', import.meta.url))

test('runs as a process that prints its address and ends on SIGTERM', async () => {
  const child = spawn(process.execPath, [MAIN, '--port', '0'])
  let printed = ''
  child.stdout.on('data', (chunk) => (printed += String(chunk)))
  await expect.poll(() => printed, { timeout: 20_000 }).toContain('client secret')
  const url = /http:\/\/127\.0\.0\.1:\d+/u.exec(printed)?.[0]
  const versions = await fetch(`${url}/services/data`)
  expect(await versions.json()).toContainEqual(expect.objectContaining({ version: '62.0' }))
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})
