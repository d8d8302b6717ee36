import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { runInNewContext } from 'node:vm'
import { callOptions } from '@tripline/adapter-testkit'
import { mappingFindings, syncMappingsSchema, ticketUrl } from '@tripline/core'
import { expect, onTestFinished, test } from 'vitest'
import { readServiceNowWebhook } from '../src/servicenow-webhook.ts'
import { sysIdOf } from '../src/simulator/index.ts'
import { startServiceNowWorld } from './servicenow-world.ts'

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')

function example(language: string): string {
  const found = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'su').exec(readme)?.[1]
  if (found === undefined) throw new Error(`The README has no example in ${language}`)
  return found
}

test('the mappings in the README are sound for an instance as it comes', async () => {
  const instance = await startServiceNowWorld()
  onTestFinished(() => instance.close())
  const system = await instance.adapter.describe?.(callOptions())
  if (system === undefined) throw new Error('The adapter describes nothing')
  expect(mappingFindings(syncMappingsSchema.parse(JSON.parse(example('json'))), system)).toEqual([])
})

test('the business rule in the README signs what the adapter verifies', () => {
  const secret = 's3cret of the webhook: ü'
  const sent: { headers: Record<string, string>; body: string; endpoint: string } = {
    headers: {},
    body: '',
    endpoint: '',
  }
  const values: Record<string, string> = { number: 'INC0010001', sys_mod_count: '7' }
  class RESTMessageV2 {
    setEndpoint = (url: string): void => void (sent.endpoint = url)
    setHttpMethod = (method: string): void => expect(method).toBe('POST')
    setRequestHeader = (name: string, value: string): void => void (sent.headers[name.toLowerCase()] = value)
    setRequestBody = (body: string): void => void (sent.body = body)
    execute = (): void => undefined
  }
  class CertificateEncryption {
    generateMac = (key: string, algorithm: string, data: string): string => {
      expect(algorithm).toBe('HmacSHA256')
      return createHmac('sha256', Buffer.from(key, 'base64')).update(data).digest('base64')
    }
  }
  const properties: Record<string, string> = {
    'tripline.webhook.url': 'https://tripline.example/hooks/x',
    'tripline.webhook.secret': secret,
  }
  runInNewContext(example('js'), {
    current: {
      getUniqueValue: () => sysIdOf('incident', 1),
      getValue: (name: string) => values[name],
    },
    gs: { getProperty: (name: string) => properties[name] },
    GlideStringUtil: { base64Encode: (text: string) => Buffer.from(text).toString('base64') },
    CertificateEncryption,
    sn_ws: { RESTMessageV2 },
  })
  expect(sent.endpoint).toBe('https://tripline.example/hooks/x')
  const { body, headers } = sent
  const request = { method: 'POST', headers, body: Buffer.from(body), secrets: ['older', secret] }
  expect(readServiceNowWebhook(request)).toEqual({
    tickets: [{ id: sysIdOf('incident', 1), key: 'INC0010001' }],
    deliveryId: `${sysIdOf('incident', 1)}-7`,
  })
})

test('the address template in the README leads to the incident of a number', () => {
  const template = /`ticketUrlTemplate`: `(.*?)`/u.exec(readme)?.[1] ?? ''
  expect(ticketUrl(template, 'INC0010001')).toBe(
    'https://acme.service-now.com/incident.do?sysparm_query=number=INC0010001',
  )
})
