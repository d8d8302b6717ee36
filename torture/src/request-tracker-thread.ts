import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { type MessagePort, workerData } from 'node:worker_threads'
import type { ReceivedHook, SentRequest, ThreadPorts } from './request-tracker-calls.ts'

// The thread of RequestTrackerCalls: while the one that asks waits for the answer, RT's scrips still find somebody here.
const { answered, hooks, requests } = workerData as ThreadPorts

async function carryOut({ url, ...init }: SentRequest): Promise<{ status: number; body: string }> {
  const response = await fetch(url, init)
  return { status: response.status, body: await response.text() }
}

function answer(port: MessagePort, value: object): void {
  port.postMessage(value)
  Atomics.store(answered, 0, 1)
  Atomics.notify(answered, 0)
}

requests.on('message', (request: SentRequest) => {
  carryOut(request).then(
    (done) => answer(requests, done),
    (error: unknown) => answer(requests, { status: 0, body: String(error) }),
  )
})

const receiver = createServer((request, response) => {
  void buffer(request).then((body) => {
    const { headers, url = '' } = request
    const hook: ReceivedHook = {
      path: url,
      signature: String(headers['x-hub-signature']),
      body: body.toString('utf8'),
    }
    hooks.postMessage(hook)
    response.writeHead(202).end()
  })
})
receiver.listen(0, '127.0.0.1', () => {
  hooks.postMessage(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}`)
})
