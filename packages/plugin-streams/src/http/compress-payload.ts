import { promisify } from 'node:util'
import { deflate, gzip } from 'node:zlib'

const gzipAsync = promisify(gzip)
const deflateAsync = promisify(deflate)

/** The payload as its `Content-Encoding` promises it; the sender of a message leaves compressing to us. */
export async function compressPayload(
  payload: Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  const name = Object.keys(headers).find((header) => header.toLowerCase() === 'content-encoding')
  const encoding = name === undefined ? undefined : headers[name]?.trim().toLowerCase()
  if (encoding === 'gzip') return await gzipAsync(payload)
  return encoding === 'deflate' ? await deflateAsync(payload) : payload
}
