import { afterAll, beforeAll, expect, it } from 'vitest'
import { startRestApp, type RestApp } from './rest-app.ts'

let rest: RestApp
beforeAll(async () => {
  rest = await startRestApp()
})
afterAll(() => rest[Symbol.asyncDispose]())

it('makes, shows, changes and removes a trigger', async () => {
  const body = {
    name: 'Tickets',
    script: 'return',
    events: ['DETECTION_UPDATE'],
    apply_all: false,
    debug: true,
    hints: { flowClientPortMin: null },
  }
  const created = await rest.call('POST', '/api/v1/triggers', { body })
  expect(created.status).toBe(201)
  const path = created.headers.get('location') ?? ''
  expect((await rest.call('GET', path)).json).toMatchObject({
    id: Number(path.split('/').at(-1)),
    name: 'Tickets',
    script: 'return',
    events: ['DETECTION_UPDATE'],
    debug: true,
    disabled: false,
    apply_all: false,
  })
  expect((await rest.call('PATCH', path, { body: { disabled: true, unknown: 1 } })).status).toBe(204)
  expect((await rest.call('GET', '/api/v1/triggers')).json).toMatchObject([{ disabled: true }])
  expect((await rest.call('DELETE', path)).status).toBe(204)
  expect((await rest.call('GET', path)).status).toBe(404)
})

it.each([
  [{ name: 'a', script: 'const =', events: ['DETECTION_UPDATE'] }, 'line 1'],
  [{ name: 'a', script: '1', events: ['HTTP_REQUEST'] }, 'DETECTION_UPDATE'],
  [{ name: 'a', script: '1', events: [] }, 'at least one event'],
  [{ name: ' ', script: '1', events: ['DETECTION_UPDATE'] }, 'empty'],
])('refuses %o', async (body, reason) => {
  const { status, text } = await rest.call('POST', '/api/v1/triggers', { body })
  expect(status).toBe(422)
  expect(text).toContain(reason)
})

it('takes external data for the triggers that run on it', async () => {
  const body = { name: 'Scan', script: 'log(ExternalData.type)', events: ['EXTERNAL_DATA'] }
  await rest.call('POST', '/api/v1/triggers', { body })
  const posted = { type: 'scan', body: { host: 'a' } }
  expect((await rest.call('POST', '/api/v1/triggers/externaldata', { body: posted })).status).toBe(204)
  const inputs = await rest.app.database.selectFrom('trigger_inputs').select('occasion').execute()
  expect(inputs).toEqual([{ occasion: { event: 'EXTERNAL_DATA', external: posted } }])
})

it('lets administrators alone see scripts', async () => {
  const key = await rest.key('integration')
  const authorization = `ExtraHop apikey=${key}`
  expect((await rest.call('GET', '/api/v1/triggers', { authorization })).status).toBe(403)
})
