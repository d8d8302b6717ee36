import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startHttpReceiver } from './http-receiver.ts'
import { post, startStreamWorld, until } from './stream-world.ts'

const program = fileURLToPath(new URL('delivering-process.ts', import.meta.url))

test('a process that is killed between sending and recording loses nothing; what it had sent comes again', async () => {
  await using receiver = await startHttpReceiver()
  await using world = await startStreamWorld()
  const settings = { host: '127.0.0.1', port: receiver.port, protocol: 'http' }
  const target = await world.target({ settings })
  const bodies = Array.from({ length: 400 }, (_, index) => `message ${index}`)
  await world.send(target, ...bodies.map((body) => post(body)))
  for (const after of [50, 300]) {
    const child = spawn(process.execPath, [program, world.connectionString], { stdio: 'inherit' })
    const ended = once(child, 'exit')
    // In the middle of a batch: what was answered so far is not recorded yet.
    await until(() => receiver.requests.length >= after)
    child.kill('SIGKILL')
    await ended
  }
  const left = (await world.messages(target)).length
  expect(left).toBeGreaterThan(0)
  await world.work()
  await world.drained(target)
  const texts = receiver.texts()
  expect(texts.length).toBeGreaterThan(bodies.length)
  // Each arrived, for the first time in its turn, and by its name a receiver can tell what came again.
  expect([...new Set(texts)]).toEqual(bodies)
  expect(new Set(receiver.requests.map(({ headers }) => headers['x-tripline-message-id'])).size).toBe(400)
})
