import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** A request on its way. */
interface OnTheWay {
  readonly method: string
  readonly path: string
  readonly body: string
}

/** What happens to it: `lost`: it arrives and its answer does not; an answer: it does not arrive and that is the answer. */
type Fate =
  | 'passes'
  | 'lost'
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }

/** The way to a server, on which things can go wrong. */
export interface Wire extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly OnTheWay[]
  fate: (request: OnTheWay) => Fate
}

export async function startWire(target: string): Promise<Wire> {
  const requests: OnTheWay[] = []
  const server = createServer((request, response) => {
    void (async () => {
      const body = await buffer(request)
      const { method = '', url: path = '' } = request
      const passing = { method, path, body: body.toString() }
      requests.push(passing)
      const fate = wire.fate(passing)
      if (typeof fate === 'object') {
        response.writeHead(fate.status, { 'content-type': 'application/json', ...fate.headers })
        response.end(fate.body === undefined ? '' : JSON.stringify(fate.body))
        return
      }
      const answer = await fetch(`${target}${path}`, {
        method,
        headers: {
          'content-type': 'application/json',
          authorization: request.headers.authorization ?? '',
        },
        ...(body.length === 0 ? {} : { body }),
      })
      const text = await answer.text()
      if (fate === 'lost') {
        response.destroy()
        return
      }
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
      response.end(text)
    })().catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const wire: Wire = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    fate: () => 'passes',
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return wire
}
