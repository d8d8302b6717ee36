import { afterEach, expect, test } from 'vitest'
import { startTriggerThread, type TriggerThread } from '../src/index.ts'
import { sampleInput } from './sample-run.ts'

const threads: TriggerThread[] = []
afterEach(async () => {
  await Promise.all(threads.splice(0).map((thread) => thread.close()))
})

function startThread(): TriggerThread {
  const thread = startTriggerThread({ limits: { timeoutMs: 200 } })
  threads.push(thread)
  return thread
}

test('runs scripts in their order, in another thread', async () => {
  const thread = startThread()
  const results = await Promise.all([1, 2, 3].map((n) => thread.run(`log(${n})`, sampleInput())))
  expect(results.map(({ logs }) => logs)).toEqual([['1'], ['2'], ['3']])
  expect(await thread.check('const = 1')).toMatchObject({ name: 'SyntaxError', line: 1 })
})

test('ends a script that no interrupt reaches, and goes on with the next', async () => {
  const thread = startThread()
  const [hung, next] = await Promise.all([
    thread.run('[].includes.call({length: 1e15}, 1)', sampleInput()),
    thread.run('log(1)', sampleInput()),
  ])
  expect(hung).toMatchObject({ outcome: 'timeout', logs: [] })
  expect(next).toMatchObject({ outcome: 'done', logs: ['1'] })
})

test('leaves the thread that asks free while a script runs', async () => {
  const thread = startThread()
  await thread.run('1', sampleInput())
  let turns = 0
  const counting = setInterval(() => (turns += 1), 1)
  const { outcome } = await thread.run('while (true);', sampleInput())
  clearInterval(counting)
  expect(outcome).toBe('timeout')
  expect(turns).toBeGreaterThan(20)
})

test('settles what it was asked when it is closed, and takes nothing more', async () => {
  const thread = startThread()
  const running = [thread.run('while (true);', sampleInput()), thread.run('1', sampleInput())]
  await thread.close()
  expect(await Promise.all(running)).toMatchObject([{ outcome: 'failed' }, { outcome: 'failed' }])
  await expect(thread.run('1', sampleInput())).rejects.toThrow('closed')
})
