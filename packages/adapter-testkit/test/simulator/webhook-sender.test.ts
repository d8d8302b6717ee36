import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createWebhookFaultBook } from '../../src/simulator/webhook-fault.ts'
import { createWebhookSender, type WebhookSender } from '../../src/simulator/webhook-sender.ts'

describe('the webhook sender', () => {
  let receiver: Server
  let url: string
  let received: { body: string; retry: string }[]
  let statuses: number[]
  let sender: WebhookSender

  beforeEach(async () => {
    received = []
    statuses = []
    receiver = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => (body += String(chunk)))
      request.on('end', () => {
        received.push({ body, retry: String(request.headers['x-retry']) })
        response.writeHead(statuses.shift() ?? 200).end()
      })
    })
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`
    sender = createWebhookSender({
      now: () => new Date(),
      faults: createWebhookFaultBook(() => 0),
      retryGapsMs: [5, 5],
      timeoutMs: 1_000,
    })
  })
  afterEach(async () => {
    await sender.close()
    receiver.closeAllConnections()
    receiver.close()
  })

  function enqueue(...bodies: string[]): void {
    for (const body of bodies) {
      sender.enqueue({ url, event: 'changed', body, headers: (retry) => ({ 'x-retry': String(retry) }) })
    }
  }

  it('delivers in order', async () => {
    enqueue('a', 'b', 'c')
    await sender.idle()
    expect(received.map(({ body }) => body)).toEqual(['a', 'b', 'c'])
    expect(sender.deliveries().map(({ state }) => state)).toEqual(['delivered', 'delivered', 'delivered'])
  })

  it.each([408, 409, 425, 429, 500, 503])('repeats after %i, counting', async (status) => {
    statuses = [status]
    enqueue('a')
    await sender.idle()
    expect(received.map(({ retry }) => retry)).toEqual(['0', '1'])
    expect(sender.deliveries()[0]).toMatchObject({ state: 'delivered' })
  })

  it.each([401, 404, 302])('takes %i for a refusal and does not repeat', async (status) => {
    statuses = [status]
    enqueue('a')
    await sender.idle()
    expect(received).toHaveLength(1)
    expect(sender.deliveries()[0]).toMatchObject({ state: 'refused' })
  })

  it('gives up when nobody ever answers', async () => {
    url = 'http://127.0.0.1:1/hook'
    enqueue('a')
    await sender.idle()
    const [delivery] = sender.deliveries()
    expect(delivery).toMatchObject({ state: 'failed' })
    expect(delivery?.attempts).toHaveLength(3)
    expect(delivery?.attempts[0]).toMatchObject({ status: null })
  })

  it('duplicates', async () => {
    sender.faults.add('duplicate')
    enqueue('a', 'b')
    await sender.idle()
    expect(received.map(({ body }) => body)).toEqual(['a', 'a', 'b'])
  })

  it('reorders: the next one goes first', async () => {
    sender.faults.add('reorder')
    enqueue('a', 'b')
    await sender.idle()
    expect(received.map(({ body }) => body)).toEqual(['b', 'a'])
  })

  it('withholds until released', async () => {
    sender.faults.add('withhold')
    enqueue('a', 'b')
    await sender.idle()
    expect(received.map(({ body }) => body)).toEqual(['b'])
    sender.release()
    await sender.idle()
    expect(received.map(({ body }) => body)).toEqual(['b', 'a'])
  })

  it('drops', async () => {
    sender.faults.add('drop')
    enqueue('a', 'b')
    await sender.idle()
    expect(received.map(({ body }) => body)).toEqual(['b'])
    expect(sender.deliveries()[0]).toMatchObject({ state: 'dropped', attempts: [] })
  })

  it('delays, and later ones overtake', async () => {
    sender.faults.add({ kind: 'delay', delayMs: 60 })
    enqueue('a', 'b')
    await sender.idle()
    expect(received.map(({ body }) => body)).toEqual(['b', 'a'])
  })
})
