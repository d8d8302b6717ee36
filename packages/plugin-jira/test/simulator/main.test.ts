import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('../../src/simulator/main.ts', import.meta.url))

it('runs as a process that prints its address and ends on SIGTERM', async () => {
  const child = spawn(process.execPath, [MAIN, '--port', '0', '--flavour', 'data-center'])
  let printed = ''
  child.stdout.on('data', (chunk) => (printed += String(chunk)))
  await expect.poll(() => printed, { timeout: 20_000 }).toContain('tripline-token')
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(printed)?.[0]
  const info = await fetch(`${url}/rest/api/2/serverInfo`)
  expect(await info.json()).toMatchObject({ baseUrl: url, deploymentType: 'Server' })
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})
