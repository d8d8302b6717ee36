import { PluginOutdated, Rejected, TicketNotFound, UnexpectedResponse } from '@tripline/core'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createJsonApi, issueReader, type JsonApi } from '../src/index.ts'
import { serve } from './served.ts'

const schema = z.object({ id: z.string() })
const call = { signal: new AbortController().signal, traceId: 'test' }
const refusals = z
  .object({ errors: z.array(z.string()) })
  .transform(({ errors }) => errors.map((message) => ({ path: '', message })))

/** An API that answers everything alike, and what it was asked. */
async function apiAnswering(
  status: number,
  body: string,
  type = 'application/json',
): Promise<{ readonly api: JsonApi; readonly asked: string[] }> {
  const asked: string[] = []
  const address = await serve((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      asked.push(`${request.method} ${request.url} ${Buffer.concat(chunks).toString()}`.trim())
      response.writeHead(status, { 'content-type': type }).end(body)
    })
  })
  const api = createJsonApi({
    title: 'Desk',
    root: `${address}/api`,
    fetch: globalThis.fetch,
    now: () => new Date(),
    readIssues: issueReader(refusals),
  })
  return { api, asked }
}

test('reads and writes below its root, and answers what the schema makes of the body', async () => {
  const { api, asked } = await apiAnswering(200, '{"id":"7","more":1}')
  expect(await api.get('/tickets/7', schema, call)).toEqual({ id: '7' })
  expect(await api.find('/tickets/7', schema, call)).toEqual({ id: '7' })
  expect(await api.send('PATCH', '/tickets/7', { a: 1 }, schema, call)).toEqual({ id: '7' })
  expect(asked).toEqual(['GET /api/tickets/7', 'GET /api/tickets/7', 'PATCH /api/tickets/7 {"a":1}'])
})

test('a 404 in the words of the system says that the thing is not there', async () => {
  const { api } = await apiAnswering(404, '{"errors":["no such ticket"]}')
  expect(await api.find('/tickets/7', schema, call)).toBeNull()
  await expect(api.get('/tickets/7', schema, call)).rejects.toThrow(TicketNotFound)
  await expect(api.send('PATCH', '/tickets/7', {}, schema, call)).rejects.toThrow(TicketNotFound)
})

test.each([
  ['of a proxy', '<html>', 'text/html', PluginOutdated],
  ['of another API', '{"message":"not here"}', 'application/json', PluginOutdated],
  ['that was spoilt on the way', '{"errors":["no su', 'application/json', UnexpectedResponse],
])('a 404 %s says nothing of the thing', async (_, body, type, error) => {
  const { api } = await apiAnswering(404, body, type)
  await expect(api.find('/tickets/7', schema, call)).rejects.toThrow(error)
  await expect(api.get('/tickets/7', schema, call)).rejects.toThrow(error)
})

test('a refusal has the issues that the system names', async () => {
  const { api } = await apiAnswering(422, '{"errors":["too long"]}')
  const error: unknown = await api
    .send('POST', '/tickets', {}, schema, call)
    .catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(Rejected)
  expect(error).toMatchObject({ issues: [{ path: '', message: 'too long' }] })
})
