import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { deserialize, serialize, type Document } from 'bson'

/**
 * No MongoDB, but a server that speaks as much of its wire protocol as the driver needs to write: `hello`, `insert`,
 * `update` and `delete` in OP_MSG. Documents are kept by `_id`; of queries it knows equality, of updates `$set`.
 *
 * https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
 */
export interface MongodbWire extends AsyncDisposable {
  readonly port: number
  readonly commands: Document[]
  /** By `database.collection`. */
  readonly collections: Map<string, Document[]>
  /** What to answer a command in place of carrying it out; `cut`: carries it out, and ends the connection. */
  intercept: (command: Document) => Document | 'cut' | null
}

const OP_MSG = 2_013
const OP_QUERY = 2_004
const OP_REPLY = 1

export async function startMongodbWire(): Promise<MongodbWire> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let pending = Buffer.alloc(0)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk])
      while (pending.length >= 16 && pending.length >= pending.readInt32LE(0)) {
        const length = pending.readInt32LE(0)
        answer(socket, pending.subarray(0, length))
        pending = pending.subarray(length)
      }
    })
  })
  const wire: MongodbWire = {
    get port() {
      return (server.address() as AddressInfo).port
    },
    commands: [],
    collections: new Map(),
    intercept: () => null,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }

  function answer(socket: Socket, message: Buffer): void {
    const [requestId, operation] = [message.readInt32LE(4), message.readInt32LE(12)]
    const command = operation === OP_QUERY ? readQuery(message) : readMessage(message)
    const intercepted = wire.intercept(command)
    const reply = intercepted === 'cut' || intercepted === null ? carryOut(command) : intercepted
    if (intercepted === 'cut') socket.destroy()
    else socket.write(operation === OP_QUERY ? writeReply(requestId, reply) : writeMessage(requestId, reply))
  }

  function carryOut(command: Document): Document {
    const [name = ''] = Object.keys(command)
    if (['hello', 'ismaster', 'isMaster'].includes(name)) {
      return {
        isWritablePrimary: true,
        ismaster: true,
        helloOk: true,
        maxBsonObjectSize: 16_777_216,
        maxMessageSizeBytes: 48_000_000,
        maxWriteBatchSize: 100_000,
        minWireVersion: 0,
        maxWireVersion: 21,
        ok: 1,
      }
    }
    const key = `${String(command['$db'])}.${String(command[name])}`
    if (!['insert', 'update', 'delete'].includes(name)) return { ok: 1 }
    wire.commands.push(command)
    const documents = wire.collections.get(key) ?? []
    wire.collections.set(key, documents)
    if (name === 'insert') return insert(documents, command['documents'] as Document[])
    return name === 'update'
      ? update(documents, command['updates'] as Document[])
      : remove(documents, command['deletes'] as Document[])
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return wire
}

function insert(documents: Document[], added: readonly Document[]): Document {
  const writeErrors: Document[] = []
  for (const [index, document] of added.entries()) {
    if (documents.some(({ _id }) => String(_id) === String(document['_id'])))
      writeErrors.push({ index, code: 11_000, errmsg: 'E11000 duplicate key error', keyPattern: { _id: 1 } })
    else documents.push(document)
  }
  return { ok: 1, n: added.length - writeErrors.length, ...(writeErrors.length > 0 ? { writeErrors } : {}) }
}

function update(documents: Document[], updates: readonly Document[]): Document {
  let n = 0
  for (const { q, u, multi, upsert } of updates) {
    const found = documents
      .filter((document) => fits(document, q as Document))
      .slice(0, multi === true ? undefined : 1)
    for (const document of found) Object.assign(document, (u as Document)['$set'] ?? u)
    if (found.length === 0 && upsert === true)
      documents.push({ ...(q as Document), ...((u as Document)['$set'] ?? u) })
    n += Math.max(found.length, upsert === true ? 1 : 0)
  }
  return { ok: 1, n, nModified: n }
}

function remove(documents: Document[], deletes: readonly Document[]): Document {
  let n = 0
  for (const { q, limit } of deletes) {
    const found = documents
      .filter((document) => fits(document, q as Document))
      .slice(0, limit === 1 ? 1 : undefined)
    for (const document of found) documents.splice(documents.indexOf(document), 1)
    n += found.length
  }
  return { ok: 1, n }
}

function fits(document: Document, query: Document): boolean {
  return Object.entries(query).every(([name, value]) => document[name] === value)
}

function readMessage(message: Buffer): Document {
  let command: Document = {}
  let at = 20
  while (at < message.length) {
    const kind = message[at++]
    if (kind === 0) {
      const length = message.readInt32LE(at)
      command = { ...command, ...deserialize(message.subarray(at, at + length)) }
      at += length
    } else {
      const end = at + message.readInt32LE(at)
      const nameEnd = message.indexOf(0, at + 4)
      const name = message.toString('utf8', at + 4, nameEnd)
      const documents: Document[] = []
      let next = nameEnd + 1
      while (next < end) {
        const length = message.readInt32LE(next)
        documents.push(deserialize(message.subarray(next, next + length)))
        next += length
      }
      command = { ...command, [name]: documents }
      at = end
    }
  }
  return command
}

function readQuery(message: Buffer): Document {
  const nameEnd = message.indexOf(0, 20)
  return deserialize(message.subarray(nameEnd + 9))
}

function writeMessage(requestId: number, reply: Document): Buffer {
  const body = Buffer.concat([Buffer.from([0, 0, 0, 0, 0]), serialize(reply)])
  return Buffer.concat([header(body.length, requestId, OP_MSG), body])
}

function writeReply(requestId: number, reply: Document): Buffer {
  const start = Buffer.alloc(20)
  start.writeInt32LE(1, 16)
  const body = Buffer.concat([start, serialize(reply)])
  return Buffer.concat([header(body.length, requestId, OP_REPLY), body])
}

function header(bodyLength: number, requestId: number, operation: number): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeInt32LE(bodyLength + 16, 0)
  bytes.writeInt32LE(1, 4)
  bytes.writeInt32LE(requestId, 8)
  bytes.writeInt32LE(operation, 12)
  return bytes
}
