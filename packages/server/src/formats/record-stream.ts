import { isUtf8 } from 'node:buffer'
import { DamagedCompression, decompress } from './decompress.ts'
import { RecordScanner, type ScannedRecord } from './record-scanner.ts'
import { UnreadableRecord, type RecordPosition, type UnreadableReason } from './unreadable-record.ts'

/** A record of an input: its value, or why it could not be read. `index` counts both kinds, from 0. */
export type RecordResult =
  | { readonly index: number; readonly line: number; readonly value: unknown }
  | { readonly index: number; readonly line: number; readonly error: UnreadableRecord }

/** Bounds on what is read. */
export interface RecordStreamOptions {
  /** The size of the largest record that is accepted; 1 MiB unless given. */
  readonly maxRecordBytes?: number
  /** How deep brackets may be nested in a record; 200 unless given. */
  readonly maxDepth?: number
  /** How much is read in all, counted after decompression; unbounded unless given. */
  readonly maxTotalBytes?: number
}

/**
 * Reads JSON records from bytes as they arrive: one object, objects one after the other (on lines of their own, or
 * not), or arrays, whose elements are the records. A byte order mark is passed over; gzip and Zstandard are recognised
 * and unpacked. Memory does not grow with the length of the input.
 *
 * A record that cannot be read is a result with an error, and the reading goes on behind it. An error whose `fatal` is
 * set is the last result: an array with a string or bracket that is never closed, damaged compression, more bytes than
 * allowed.
 *
 * Errors of the source itself are thrown as they are.
 */
export async function* readRecords(
  source: AsyncIterable<Uint8Array>,
  options: RecordStreamOptions = {},
): AsyncGenerator<RecordResult, void> {
  const { maxRecordBytes = 1024 * 1024, maxDepth = 200, maxTotalBytes = Infinity } = options
  const scanner = new RecordScanner({ maxRecordBytes, maxDepth })
  let index = 0
  let total = 0
  try {
    for await (const chunk of decompress(source)) {
      total += chunk.length
      for (const record of scanner.push(chunk)) {
        yield resultOf(index++, record)
      }
      if (scanner.ended) return
      if (total > maxTotalBytes) {
        const detail = `the input is larger than ${maxTotalBytes} bytes.`
        yield fatalResult(index, 'too_large', detail, scanner.position)
        return
      }
    }
    for (const record of scanner.end()) yield resultOf(index++, record)
  } catch (error) {
    if (!(error instanceof DamagedCompression)) throw error
    yield fatalResult(index, 'compression', error.message, scanner.position)
  }
}

function resultOf(index: number, record: ScannedRecord): RecordResult {
  const { position } = record
  if ('error' in record) return { index, line: position.line, error: record.error }
  if (!isUtf8(record.bytes)) {
    const error = new UnreadableRecord('encoding', 'the record is not valid UTF-8.', position)
    return { index, line: position.line, error }
  }
  try {
    return { index, line: position.line, value: JSON.parse(textOf(record.bytes)) as unknown }
  } catch (cause) {
    const error = new UnreadableRecord('syntax', `not JSON: ${reasonOf(cause)}.`, position)
    return { index, line: position.line, error }
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause)
  return message.replace(/ is not valid JSON$/, '')
}

function fatalResult(
  index: number,
  reason: UnreadableReason,
  detail: string,
  position: RecordPosition,
): RecordResult {
  return { index, line: position.line, error: new UnreadableRecord(reason, detail, position, true) }
}
