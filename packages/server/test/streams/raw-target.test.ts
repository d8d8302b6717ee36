import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { startStreamWorld, until } from './stream-world.ts'

const raw = (text: string) => ({ kind: 'raw', payload: Buffer.from(text).toString('base64') }) as const

/** A TCP port that keeps what it is sent. */
async function startSink() {
  const received: Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('data', (chunk) => received.push(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    bytes: () => Buffer.concat(received),
    connections: () => sockets.size,
    cut: () => {
      for (const socket of sockets) socket.destroy()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

async function startDatagramSink() {
  const received: Buffer[] = []
  const socket = createSocket('udp4')
  socket.on('message', (message) => received.push(message))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    port: socket.address().port,
    received,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void socket.close(() => resolve())),
  }
}

test('raw bytes go over one TCP connection, which is made anew when the receiver ended it', async () => {
  await using sink = await startSink()
  await using world = await startStreamWorld()
  const settings = { host: '127.0.0.1', port: sink.port, protocol: 'tcp' }
  const target = await world.target({ kind: 'raw', settings })
  await world.work()
  await world.send(target, raw('one\n'), raw('two\n'))
  await until(() => sink.bytes().toString() === 'one\ntwo\n')
  expect(sink.connections()).toBe(1)
  sink.cut()
  await until(() => sink.connections() === 0)
  await world.send(target, raw('three\n'))
  await until(() => sink.bytes().toString() === 'one\ntwo\nthree\n')
})

test('with gzip, messages are gathered until there are enough bytes', async () => {
  await using sink = await startSink()
  await using world = await startStreamWorld()
  const target = await world.target({
    kind: 'raw',
    settings: {
      host: '127.0.0.1',
      port: sink.port,
      protocol: 'tcp',
      compression: 'gzip',
      gzip_threshold_bytes: 1_000,
    },
  })
  await world.work()
  await world.send(target, raw('a'.repeat(600)))
  await until(async () => (await world.row(target)).not_before !== null)
  expect(sink.bytes()).toHaveLength(0)
  expect(await world.row(target)).toMatchObject({ failures: 0, last_fault: null })
  await world.send(target, raw('b'.repeat(600)))
  await world.drained(target)
  await until(() => sink.bytes().length > 0)
  expect(sink.bytes().length).toBeLessThan(200)
  expect(gunzipSync(sink.bytes()).toString()).toBe('a'.repeat(600) + 'b'.repeat(600))
})

test('with gzip, messages do not wait longer than they may', async () => {
  await using sink = await startSink()
  await using world = await startStreamWorld()
  const target = await world.target({
    kind: 'raw',
    settings: {
      host: '127.0.0.1',
      port: sink.port,
      protocol: 'tcp',
      compression: 'gzip',
      gzip_threshold_seconds: 1,
    },
  })
  await world.work()
  await world.send(target, raw('few'))
  await world.drained(target)
  await until(() => sink.bytes().length > 0)
  expect(gunzipSync(sink.bytes()).toString()).toBe('few')
})

test('datagrams carry a message each; one that is too large is put aside', async () => {
  await using sink = await startDatagramSink()
  await using world = await startStreamWorld()
  const settings = { host: '127.0.0.1', port: sink.port, protocol: 'udp' }
  const target = await world.target({ kind: 'raw', settings })
  const zipped = await world.target({
    kind: 'raw',
    name: 'zipped',
    settings: { ...settings, compression: 'gzip' },
  })
  await world.work()
  await world.send(target, raw('one'), raw('x'.repeat(70_000)), raw('two'))
  await until(() => sink.received.length === 2)
  expect(sink.received.map(String)).toEqual(['one', 'two'])
  await expect
    .poll(async () => (await world.messages(target))[0]?.fault)
    .toBe('A datagram holds 65507 bytes, not 70000.')
  await world.send(zipped, raw('x'.repeat(70_000)))
  await until(() => sink.received.length === 3)
  expect(gunzipSync(sink.received[2] ?? '').toString()).toBe('x'.repeat(70_000))
})

test.each(['tcp', 'udp'])('%s goes nowhere that the network policy does not allow', async (protocol) => {
  await using sink = await startSink()
  await using world = await startStreamWorld(undefined, [])
  await world.work()
  for (const host of ['127.0.0.1', 'localhost']) {
    const settings = { host, port: sink.port, protocol }
    const target = await world.target({ kind: 'raw', name: host, settings })
    await world.send(target, raw('one'))
    await until(async () => (await world.row(target)).failures > 0)
    expect((await world.row(target)).last_fault?.reason).toContain('TRIPLINE_OUTBOUND_ALLOW')
  }
  expect(sink.connections()).toBe(0)
})
