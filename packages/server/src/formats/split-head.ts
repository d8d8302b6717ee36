/** The beginning of a stream, and the stream as if its beginning had not been read. */
export interface SplitStream {
  /** At least as many bytes as were asked for, unless the stream is shorter. */
  readonly head: Uint8Array
  /** The whole stream, the head included; to be read once, to the end or to its `return`. */
  readonly whole: AsyncGenerator<Uint8Array, void>
}

/** Reads the first bytes of a stream without taking them away from who reads the stream next. */
export async function splitHead(source: AsyncIterable<Uint8Array>, length: number): Promise<SplitStream> {
  const iterator = source[Symbol.asyncIterator]()
  const parts: Uint8Array[] = []
  for (let size = 0; size < length;) {
    const next = await iterator.next()
    if (next.done === true) break
    parts.push(next.value)
    size += next.value.length
  }
  const head = parts.length === 1 ? (parts[0] ?? new Uint8Array(0)) : Buffer.concat(parts)
  return { head, whole: join(head, iterator) }
}

async function* join(
  head: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield head
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      yield next.value
    }
  } finally {
    await iterator.return?.()
  }
}
