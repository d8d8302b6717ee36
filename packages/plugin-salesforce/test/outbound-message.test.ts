import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Rejected, Unauthorized, type WebhookHint } from '@tripline/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readOutboundMessage } from '../src/outbound-message.ts'
import { idOf, outboundMessage, startSalesforceSimulator } from '../src/simulator/index.ts'
import { salesforceSettings } from './salesforce-world.ts'

const org = { id: idOf('00D', 42) }
const notification = (number: number): Parameters<typeof outboundMessage>[1][number] => ({
  id: idOf('04l', number),
  record: { Id: idOf('500', number), CaseNumber: `0000100${number}`, Subject: 'Tom & "Jerry" <b>' },
})

function read(body: string | Uint8Array, organizationId: string | undefined = org.id): WebhookHint {
  const settings = salesforceSettings('https://acme.my.salesforce.com', { organizationId })
  return readOutboundMessage({ method: 'POST', headers: {}, body: Buffer.from(body), secrets: [] }, settings)
}

describe('readOutboundMessage', () => {
  test('names the case and the notification, and what Salesforce wants to hear', () => {
    const hint = read(outboundMessage(org, [notification(1)], { sendSessionId: true }))
    expect(hint).toMatchObject({
      tickets: [{ id: idOf('500', 1), key: '00001001' }],
      deliveryId: idOf('04l', 1),
      answer: { contentType: 'text/xml; charset=utf-8', body: expect.stringContaining('<Ack>true</Ack>') },
    })
    expect(JSON.stringify(hint)).not.toContain('session')
  })

  test('takes the organisation by its short id too', () => {
    expect(read(outboundMessage(org, [notification(1)]), org.id.slice(0, 15)).tickets).toHaveLength(1)
  })

  test('names every case of a bundle once, whose id depends on what is in it', () => {
    const bundle = [1, 2, 3, 2].map(notification)
    const hint = read(outboundMessage(org, bundle))
    expect(hint.tickets.map(({ id }) => id)).toEqual([1, 2, 3].map((number) => idOf('500', number)))
    expect(read(outboundMessage(org, bundle.toReversed())).deliveryId).toBe(hint.deliveryId)
    expect(read(outboundMessage(org, bundle.slice(0, 3).concat(notification(4)))).deliveryId).not.toBe(
      hint.deliveryId,
    )
  })

  test('takes a hundred notifications and no more', () => {
    const many = Array.from({ length: 101 }, (_, index) => notification(index + 1))
    expect(read(outboundMessage(org, many.slice(0, 100))).tickets).toHaveLength(100)
    expect(() => read(outboundMessage(org, many))).toThrow(Rejected)
  })

  test('refuses another organisation, and every one while none is set', () => {
    const foreign = outboundMessage({ id: idOf('00D', 666) }, [notification(1)])
    expect(() => read(foreign)).toThrow(Unauthorized)
    const settings = salesforceSettings('https://acme.my.salesforce.com')
    const body = Buffer.from(outboundMessage(org, [notification(1)]))
    expect(() => readOutboundMessage({ method: 'POST', headers: {}, body, secrets: [] }, settings)).toThrow(
      /name no organisation id/u,
    )
  })

  const sound = outboundMessage(org, [notification(1)])
  test.each([
    ['nothing', ''],
    ['no XML', 'nonsense'],
    ['JSON', '{"issue":{"id":"../1","key":""}}'],
    ['half of it', sound.slice(0, sound.length / 2)],
    ['a body behind it', `${sound}<more/>`],
    ['bytes that are no text', Buffer.concat([Buffer.from(sound), Buffer.from([0xff, 0xfe])])],
    ['a document type', sound.replace('?>', '?><!DOCTYPE x [<!ENTITY lol "lol">]>')],
    ['an outer entity', sound.replace('?>', '?><!DOCTYPE x SYSTEM "file:///etc/passwd">')],
    ['an entity that nobody declared', sound.replace('Tom', '&xxe;')],
    ['no notification', outboundMessage(org, [])],
    ['a notification of something else', sound.replaceAll(idOf('500', 1), idOf('001', 1))],
    ['an id that leads elsewhere', sound.replaceAll(idOf('500', 1), '../1')],
    [
      'two organisations',
      sound.replace('<ActionId>', `<OrganizationId>${org.id}</OrganizationId><ActionId>`),
    ],
    [
      'an organisation in another namespace only',
      sound.replace('<OrganizationId>', '<OrganizationId xmlns="urn:other">'),
    ],
    [
      'no envelope',
      sound.replace(/^.*<soapenv:Body>/u, '').replace('</soapenv:Body></soapenv:Envelope>', ''),
    ],
    ['elements without end', '<a>'.repeat(10_000)],
  ])('does not understand %s', (_, body) => {
    expect(() => read(body)).toThrow(Rejected)
  })

  test('understands what the simulated Salesforce sends, and silences it', async () => {
    const received: WebhookHint[] = []
    let isDeaf = true
    const server = createServer((incoming, response) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => {
        const { answer, ...hint } = read(Buffer.concat(chunks))
        received.push(hint)
        // Without its acknowledgement, Salesforce repeats the message whatever the status.
        if (isDeaf) response.writeHead(200).end('thank you')
        else response.writeHead(200, { 'content-type': answer?.contentType }).end(answer?.body)
        isDeaf = false
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const salesforce = await startSalesforceSimulator({
      outboundMessages: [{ url }],
      webhookRetryGapsMs: [5, 5],
    })
    onTestFinished(() => salesforce.close())
    const [first, second] = ['One', 'Two'].map((Subject) =>
      String(salesforce.createCaseAsPerson({ Subject })['Id']),
    )
    await salesforce.webhooks.idle()
    expect(received.map(({ tickets }) => tickets.map(({ id }) => id))).toEqual([
      [first, second],
      [first, second],
    ])
    expect(received[0]?.deliveryId).toBe(received[1]?.deliveryId)
    expect(salesforce.webhooks.deliveries()).toEqual([expect.objectContaining({ state: 'delivered' })])
    salesforce.editCaseAsPerson(first ?? '', { Status: 'Closed' })
    await salesforce.webhooks.idle()
    expect(received.at(-1)?.tickets).toEqual([{ id: first, key: '00001001' }])
  })
})
