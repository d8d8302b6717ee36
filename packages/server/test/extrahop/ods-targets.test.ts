import { afterAll, beforeAll, expect, it } from 'vitest'
import { startRestApp, type RestApp } from './rest-app.ts'

let rest: RestApp
beforeAll(async () => {
  rest = await startRestApp()
})
afterAll(() => rest[Symbol.asyncDispose]())

const PATH = '/api/v1/odstargets'
const target = {
  name: 'my collector',
  host: 'collector.example.com',
  port: 443,
  protocol: 'https',
  pipeline: false,
  authentication: { auth_type: 'crowdstrike', client_id: 'id', client_secret: 'shh' },
}

it('a target is made, read without its secrets, and deleted', async () => {
  const made = await rest.call('POST', `${PATH}/http`, { body: target })
  expect([made.status, made.text]).toEqual([201, ''])
  const location = made.headers.get('location') ?? ''
  expect(location).toBe(`${PATH}/http/my%20collector`)
  const read = await rest.call('GET', location)
  const shown = { ...target, type: 'http', authentication: { auth_type: 'crowdstrike', client_id: 'id' } }
  expect([read.status, read.json]).toEqual([200, shown])
  for (const path of [PATH, `${PATH}/http`]) expect((await rest.call('GET', path)).json).toEqual([shown])
  expect((await rest.call('GET', `${PATH}/syslog`)).json).toEqual([])
  expect((await rest.call('DELETE', location)).status).toBe(204)
  expect((await rest.call('GET', location)).status).toBe(404)
  expect((await rest.call('DELETE', location)).status).toBe(404)
})

it('settings that cannot be, and kinds that need a plugin, are refused with the reason', async () => {
  const bad = await rest.call('POST', `${PATH}/syslog`, { body: { name: 'x', host: 'h', port: 514 } })
  expect([bad.status, bad.json.type]).toEqual([422, 'invalid_settings'])
  expect(bad.json.error_message).toContain('protocol')
  const kafka = await rest.call('POST', `${PATH}/kafka`, {
    body: { name: 'k', brokers: [], protocol: 'tcp' },
  })
  expect(kafka.status).toBe(422)
  expect(kafka.json.detail).toContain('tripline plugin add @tripline/plugin-kafka')
  expect((await rest.call('POST', `${PATH}/carrier-pigeon`, { body: target })).status).toBe(404)
})

it('only administrators may look at targets', async () => {
  for (const role of ['analyst', 'viewer', 'integration'] as const) {
    const key = await rest.key(role, role === 'integration' ? undefined : role)
    const authorization = `ExtraHop apikey=${key}`
    expect((await rest.call('GET', PATH, { authorization })).status).toBe(403)
    expect((await rest.call('POST', `${PATH}/http`, { authorization, body: target })).status).toBe(403)
  }
})
