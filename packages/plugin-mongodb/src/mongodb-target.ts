import type { Document } from 'mongodb'
import type {
  ConnectionFinding,
  MongodbStreamMessage,
  QueuedMessage,
  SendOptions,
  StreamHost,
  StreamResult,
  StreamSender,
} from '@tripline/core'
import { documentId } from './document-id.ts'
import { createGuardedClients } from './guarded-clients.ts'
import { isStoredAlready, outcomeOfFault } from './mongodb-fault.ts'
import type { MongodbSettings } from './settings.ts'

/** Opens a MongoDB target. */
export function openMongodbTarget(settings: MongodbSettings, host: StreamHost): StreamSender {
  const clients = createGuardedClients(settings, host)

  async function sendOne(queued: QueuedMessage): Promise<StreamResult> {
    const { message } = queued
    if (message.kind !== 'mongodb')
      return { outcome: 'refused', reason: 'It is no message for a MongoDB target.' }
    const [database, collection] = splitName(message.collection)
    if (database === '' || collection === '')
      return { outcome: 'refused', reason: 'A collection is named database.collection.' }
    try {
      const client = await clients.clientFor(database)
      await write(client.db(database).collection(collection), message, queued)
      return { outcome: 'sent' }
    } catch (error) {
      // It had been written before, and the answer was lost.
      if (isStoredAlready(error) && hasOurIds(message)) return { outcome: 'sent' }
      return outcomeOfFault(error)
    }
  }

  return {
    async send(messages, { signal, sliceMs }: SendOptions) {
      const end = performance.now() + sliceMs
      const results: StreamResult[] = []
      for (const queued of messages) {
        if (signal.aborted || (performance.now() > end && results.length > 0)) break
        const result = await sendOne(queued)
        results.push(result)
        if (result.outcome !== 'sent' && result.outcome !== 'refused') break
      }
      return results
    },
    async check() {
      const names = settings.authentication.map(({ database }) => database)
      return await Promise.all((names.length === 0 ? ['admin'] : names).map(checkDatabase))
    },
    close: () => clients.close(),
  }

  async function checkDatabase(database: string): Promise<ConnectionFinding> {
    const subject = `database:${database}`
    try {
      const client = await clients.clientFor(database)
      const hello = await client.db(database).command({ hello: 1 })
      if (hello['isWritablePrimary'] === true)
        return { severity: 'ok', subject, message: 'The server answers and takes writes.', remedy: null }
      const message = 'The server answers, and takes no writes: it is not the primary.'
      return { severity: 'error', subject, message, remedy: 'Name the primary of the replica set.' }
    } catch (error) {
      const result = outcomeOfFault(error)
      const message = 'reason' in result ? result.reason : 'The server cannot be asked.'
      return { severity: 'error', subject, message, remedy: null }
    }
  }
}

interface WritableCollection {
  insertMany(documents: Document[], options: { ordered: boolean }): Promise<unknown>
  deleteOne(query: Document): Promise<unknown>
  deleteMany(query: Document): Promise<unknown>
  updateOne(query: Document, update: Document, options: { upsert: boolean }): Promise<unknown>
  updateMany(query: Document, update: Document, options: { upsert: boolean }): Promise<unknown>
  replaceOne(query: Document, replacement: Document, options: { upsert: boolean }): Promise<unknown>
}

async function write(
  collection: WritableCollection,
  message: MongodbStreamMessage,
  { id, queuedAt }: QueuedMessage,
): Promise<void> {
  switch (message.operation) {
    case 'insert': {
      const documents = message.documents.map((document, index) =>
        '_id' in document ? { ...document } : { _id: documentId(id, queuedAt, index), ...document },
      )
      // Each by itself, so that those that are there already do not keep the others out.
      if (documents.length > 0) await collection.insertMany(documents, { ordered: false })
      return
    }
    case 'remove':
      await (message.justOne ? collection.deleteOne(message.query) : collection.deleteMany(message.query))
      return
    case 'update': {
      const { query, update, upsert, multi } = message
      const isReplacement = !Object.keys(update).some((name) => name.startsWith('$'))
      if (isReplacement) await collection.replaceOne(query, update, { upsert })
      else if (multi) await collection.updateMany(query, update, { upsert })
      else await collection.updateOne(query, update, { upsert })
    }
  }
}

/** Whether no document came with an id of its own, whose repetition would be a fault of the sender. */
function hasOurIds(message: MongodbStreamMessage): boolean {
  return message.operation === 'insert' && message.documents.every((document) => !('_id' in document))
}

function splitName(name: string): readonly [database: string, collection: string] {
  const dot = name.indexOf('.')
  return dot < 0 ? ['', ''] : [name.slice(0, dot), name.slice(dot + 1)]
}
