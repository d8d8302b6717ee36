import { Readable, pipeline } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { splitHead } from './split-head.ts'

const CHUNK_SIZE = 256 * 1024

/** Compressed data that is damaged or cut off. */
export class DamagedCompression extends Error {}

/**
 * Decompresses what is recognised by its first bytes as gzip or Zstandard, as it is read, and passes anything else
 * through.
 *
 * @throws DamagedCompression when the data is damaged or ends early; errors of the source come through unchanged
 */
export async function* decompress(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const { head, whole } = await splitHead(source, 4)
  const kind = compressionOf(head)
  if (kind === null) {
    yield* whole
    return
  }
  const output =
    kind === 'gzip'
      ? createGunzip({ chunkSize: CHUNK_SIZE })
      : createZstdDecompress({ chunkSize: CHUNK_SIZE })
  // The error also ends the iteration below, where it is handled.
  pipeline(Readable.from(whole, { objectMode: false }), output, () => undefined)
  try {
    for await (const chunk of output) yield chunk as Uint8Array
  } catch (error) {
    if (!isZlibError(error)) throw error
    throw new DamagedCompression(`the ${kind} data is damaged or cut off (${error.message}).`, {
      cause: error,
    })
  }
}

function compressionOf(head: Uint8Array): 'gzip' | 'zstd' | null {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd'
  return null
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^(Z_|ZSTD_)/.test(String(error.code))
}
