// An HTTP server that counts what it is sent, as cheaply as Node.js can: what targets are measured with.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const seen = new Set<string>()
let requests = 0
let down = false

const server = createServer((request, response) => {
  if (request.url === '/count') {
    response.end(JSON.stringify({ requests, different: seen.size }))
    return
  }
  if (request.url === '/down' || request.url === '/up') {
    down = request.url === '/down'
    response.end()
    return
  }
  request.resume()
  request.on('end', () => {
    if (down) {
      response.writeHead(503).end()
      return
    }
    requests += 1
    const id = request.headers['x-tripline-message-id']
    if (typeof id === 'string') seen.add(id)
    response.writeHead(204).end()
  })
})
server.listen(0, '127.0.0.1', () => {
  console.log(`Receiving at http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
process.once('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
