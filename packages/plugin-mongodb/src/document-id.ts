import { createHash } from 'node:crypto'
import { ObjectId } from 'mongodb'

/** The id of a document that has none of its own: the same whenever the message is sent again, so that it is stored once. */
export function documentId(messageId: string, queuedAt: Date, index: number): ObjectId {
  const seconds = Buffer.alloc(4)
  seconds.writeUInt32BE(Math.floor(queuedAt.getTime() / 1_000) % 2 ** 32)
  const rest = createHash('sha256').update(`${messageId} ${queuedAt.toISOString()} ${index}`).digest()
  return new ObjectId(Buffer.concat([seconds, rest.subarray(0, 8)]))
}
