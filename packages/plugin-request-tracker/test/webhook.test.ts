import { createHmac } from 'node:crypto'
import { Rejected, Unauthorized } from '@tripline/core'
import { describe, expect, test } from 'vitest'
import { readRtWebhook } from '../src/webhook.ts'

function signed(text: string): Parameters<typeof readRtWebhook>[0] {
  const body = Buffer.from(text)
  const signature = createHmac('sha256', 'secret').update(body).digest('hex')
  return { method: 'POST', headers: { 'x-hub-signature': `sha256=${signature}` }, body, secrets: ['secret'] }
}

describe('a webhook', () => {
  test('names its ticket, and those that were merged into it, once each', () => {
    expect(readRtWebhook(signed('{"ticket":17,"merged":[3,17,4],"transaction":90}'))).toEqual({
      tickets: ['17', '3', '4'].map((id) => ({ id, key: id })),
      deliveryId: '90',
    })
  })

  test.each([
    '',
    'null',
    '[]',
    '{}',
    '{"ticket":"17","transaction":1}',
    '{"ticket":-1,"transaction":1}',
    '{"ticket":1.5,"transaction":1}',
  ])('is refused when its body is %j', (text) => {
    expect(() => readRtWebhook(signed(text))).toThrow(Rejected)
  })

  test('is refused with a signature of another form', () => {
    const request = signed('{"ticket":17,"transaction":90}')
    for (const signature of ['', 'sha256=', 'sha1=abc', `sha256=${'0'.repeat(64)}`])
      expect(() => readRtWebhook({ ...request, headers: { 'x-hub-signature': signature } })).toThrow(
        Unauthorized,
      )
  })
})
