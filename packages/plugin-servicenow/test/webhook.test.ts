import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { Rejected, Unauthorized, type WebhookHint } from '@tripline/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readServiceNowWebhook } from '../src/servicenow-webhook.ts'
import { startServiceNowSimulator, sysIdOf, webhookCall } from '../src/simulator/index.ts'

const secret = 's3cret'
const record = { sys_id: sysIdOf('incident', 1), number: 'INC0010001', sys_mod_count: '3' }

describe('readServiceNowWebhook', () => {
  test.each([
    ['no sys_id', { number: 'INC0010001' }],
    ['an id that leads elsewhere', { ...record, sys_id: '../1' }],
    ['a number that is none', { ...record, number: 'INC 1/../2' }],
  ])('does not understand %s, however well it is signed', (_, fields: Record<string, string>) => {
    const { body, headers } = webhookCall(fields, secret)
    const request = { method: 'POST', headers, body: Buffer.from(body), secrets: [secret] }
    expect(() => readServiceNowWebhook(request)).toThrow(Rejected)
  })

  test('takes no hexadecimal signature, and none that is cut short', () => {
    const { body, headers } = webhookCall(record, secret)
    const signature = headers['x-tripline-signature'] ?? ''
    for (const forged of [
      Buffer.from(signature, 'base64').toString('hex'),
      signature.slice(0, 20),
      '',
      '====',
    ]) {
      const request = {
        method: 'POST',
        headers: { ...headers, 'x-tripline-signature': forged },
        body: Buffer.from(body),
        secrets: [secret],
      }
      expect(() => readServiceNowWebhook(request)).toThrow(Unauthorized)
    }
  })

  test('understands what the simulated instance sends of every change', async () => {
    const received: WebhookHint[] = []
    const server = createServer((incoming, response) => {
      void buffer(incoming).then((body) => {
        const headers = Object.fromEntries(
          Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
        )
        received.push(readServiceNowWebhook({ method: 'POST', headers, body, secrets: [secret] }))
        response.writeHead(204).end()
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const servicenow = await startServiceNowSimulator({
      webhooks: [{ url, secret }],
      webhookRetryGapsMs: [5],
    })
    onTestFinished(() => servicenow.close())
    const { sys_id: id = '' } = servicenow.createIncidentAsPerson({ short_description: 'One' })
    servicenow.editIncidentAsPerson(id, { state: '2' })
    servicenow.deleteIncident(id)
    await servicenow.webhooks.idle()
    expect(received.map(({ tickets }) => tickets)).toEqual([1, 2].map(() => [{ id, key: 'INC0010001' }]))
    expect(received.map(({ deliveryId }) => deliveryId)).toEqual([`${id}-0`, `${id}-1`])
  })
})
