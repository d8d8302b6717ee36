import { pino } from 'pino'
import { expect, test } from 'vitest'
import { tracingCalls } from '../../src/plugin-host/call-trace.ts'
import { createPluginHost } from '../../src/plugin-host/plugin-host.ts'

function createHost(level: string, answer: () => Promise<Response>) {
  const logged: Record<string, unknown>[] = []
  const log = pino({ level }, { write: (line: string) => logged.push(JSON.parse(line)) })
  return { host: createPluginHost(answer, log), logged }
}

test('each call of a plugin is logged with its trace, and without its query', async () => {
  const { host, logged } = createHost('debug', () => Promise.resolve(new Response(null, { status: 204 })))
  await tracingCalls({ traceId: 'trace-1', connection: 'Jira' }, () =>
    host.fetch('https://jira.example/rest/issue?token=5ecret', {
      method: 'PUT',
      headers: { authorization: 'Bearer 5ecret' },
    }),
  )
  expect(logged).toMatchObject([
    {
      traceId: 'trace-1',
      connection: 'Jira',
      method: 'PUT',
      url: 'https://jira.example/rest/issue',
      status: 204,
    },
  ])
  expect(JSON.stringify(logged)).not.toContain('5ecret')
})

test('a call that is not answered is logged with the reason', async () => {
  const { host, logged } = createHost('debug', () => Promise.reject(new Error('cut off')))
  await expect(host.fetch('https://jira.example/rest/issue')).rejects.toThrow('cut off')
  expect(logged).toMatchObject([{ method: 'GET', err: { message: 'cut off' } }])
})

test('nothing is logged of calls above level debug', async () => {
  const { host, logged } = createHost('info', () => Promise.resolve(new Response()))
  await host.fetch('https://jira.example/rest/issue')
  expect(logged).toEqual([])
})
