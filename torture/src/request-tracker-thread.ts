import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { type MessagePort, workerData } from 'node:worker_threads'
import type { PassedAnswer, ReceivedHook, SentRequest, ThreadPorts, ToPass } from './request-tracker-calls.ts'

// The thread of RequestTrackerCalls: while the one that asks waits for the answer, RT's scrips still find somebody here.
const { answered, hooks, passes, requests } = workerData as ThreadPorts

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

async function passOn(request: ToPass): Promise<void> {
  passes.postMessage(await pass(request))
}

async function pass({ number, request, url }: ToPass): Promise<PassedAnswer> {
  try {
    const response = await fetch(url, request)
    const { headers, status } = response
    return { number, status, headers: [...headers], body: await response.text() }
  } catch (error) {
    return { number, error: String(error) }
  }
}

passes.on('message', (request: ToPass) => void passOn(request))

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
