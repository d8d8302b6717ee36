import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'

export interface ReceivedRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly text: string
}

/** What a receiver does with a request, in place of answering 204. */
export type Answering = (request: ReceivedRequest, response: ServerResponse) => Promise<void> | void

export interface HttpReceiver extends AsyncDisposable {
  readonly port: number
  readonly requests: ReceivedRequest[]
  /** The bodies, in the order of arrival. */
  texts(): readonly string[]
  answer: Answering
  /** Ends every connection and takes no more; `start` listens again at the same port. */
  stop(): Promise<void>
  start(): Promise<void>
}

export async function startHttpReceiver(
  answering?: Answering,
  tls?: { readonly key: string; readonly cert: string },
): Promise<HttpReceiver> {
  const requests: ReceivedRequest[] = []
  const sockets = new Set<Socket>()
  let port = 0
  const receive = (incoming: IncomingMessage, response: ServerResponse): void => {
    void (async () => {
      const body = await buffer(incoming)
      const request = {
        method: incoming.method ?? '',
        url: incoming.url ?? '',
        headers: incoming.headers,
        body,
        text: body.toString('utf8'),
      }
      requests.push(request)
      await receiver.answer(request, response)
    })().catch(() => response.destroy())
  }
  const make = () => {
    const server = tls === undefined ? createServer(receive) : createTlsServer(tls, receive)
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    return server
  }
  let server = make()
  const receiver: HttpReceiver = {
    get port() {
      return port
    },
    requests,
    texts: () => requests.map(({ text }) => text),
    answer: answering ?? ((_request, response) => void response.writeHead(204).end()),
    async start() {
      server = make()
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      port = (server.address() as AddressInfo).port
    },
    async stop() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
    [Symbol.asyncDispose]: () => receiver.stop(),
  }
  await receiver.start()
  return receiver
}
