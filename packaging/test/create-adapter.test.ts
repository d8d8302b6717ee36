import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parsePluginSettings, secretNames, type TicketingPlugin, Unavailable } from '@tripline/core'
import { describe, expect, test } from 'vitest'
import { runContract } from '../contract-run.ts'
import { generatedAdapter, nameInGuide } from '../generated-adapter.ts'
import { createFolder } from '../project.ts'
import { run } from '../run.ts'

const root = join(import.meta.dirname, '..', '..')
const example = join(root, 'examples', 'minimal-adapter')
const tripline = [process.execPath, join(root, 'packages', 'server', 'src', 'main.ts')]

const limits = { timeout: 180_000 }

describe('a new adapter', () => {
  test(
    'compiles, passes lint, and fails the contract where it is to be written, which each failure names',
    limits,
    async () => {
      await using adapter = await generatedAdapter('@acme/tripline-service-desk')
      for (const script of ['types', 'lint', 'build']) await run(['npm', 'run', script], adapter.path)

      const results = await runContract(adapter.path)
      const failed = results.filter(({ status }) => status === 'failed')
      const todo = failed.map(({ messages, name }) => {
        const method = /Write `(\w+)` in src\/service-desk-adapter\.ts\. /u.exec(messages.join('\n'))?.[1]
        return { name, method }
      })
      expect(todo.filter(({ method }) => method === undefined)).toEqual([])
      expect(new Set(todo.map(({ method }) => method))).toEqual(
        // What is left is tried on a ticket, and those are created first.
        new Set(['create', 'findCreated', 'find', 'link', 'check']),
      )
      // The beginning of the check, and what the new simulator has nothing of.
      expect(results.filter(({ status }) => status === 'passed').map(({ name }) => name)).toEqual([
        expect.stringContaining('follows a ticket that was moved'),
        expect.stringContaining('where the system keeps a history'),
        expect.stringContaining('check finds nothing wrong with a sound connection'),
      ])
    },
  )

  test('passes the contract when it is written as the guide says, and can be added', limits, async () => {
    await using adapter = await generatedAdapter(await nameInGuide())
    await cp(join(example, 'src'), join(adapter.path, 'src'), { recursive: true })
    for (const file of ['contract.test.ts', 'desk.test.ts', 'desk-simulator.ts', 'desk-world.ts']) {
      await cp(join(example, 'test', file), join(adapter.path, 'test', file))
    }
    await run(['npm', 'run', 'build'], adapter.path)
    const results = await runContract(adapter.path)
    expect(results.filter(({ status }) => status === 'failed')).toEqual([])
    expect(results.filter(({ status }) => status === 'passed').length).toBeGreaterThan(60)

    await using gateway = await createFolder()
    await run([...tripline, 'plugin', 'add', adapter.path], gateway.path)
    expect(await run([...tripline, 'plugin', 'list'], gateway.path)).toContain('desk\tDesk')

    // In a folder of its own it has a core and a zod of its own, and is understood all the same.
    const { deskPlugin } = (await import(pathToFileURL(join(adapter.path, 'dist', 'index.js')).href)) as {
      readonly deskPlugin: TicketingPlugin
    }
    expect(secretNames(deskPlugin.settings)).toEqual(['token'])
    const settings = parsePluginSettings(deskPlugin, {
      baseUrl: 'http://127.0.0.1:1',
      token: 't',
      queue: 'SEC',
    })
    const desk = deskPlugin.connect(settings, { fetch, now: () => new Date(), log: () => {} })
    const needs = { accounts: [], createFields: [], outcomes: [] }
    const options = { signal: AbortSignal.timeout(10_000), traceId: 'test' }
    const error: unknown = await desk.check(needs, options).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(Unavailable)
    expect(Object.getPrototypeOf(error)).not.toBe(Unavailable.prototype)
  })
})
