/** As much of a body as was read. */
export interface LimitedBody {
  readonly text: string
  /** False when the body is longer than the limit; its rest is not read. */
  readonly whole: boolean
}

/** Reads at most `maxBytes` of a response's body and gives the connection up beyond that. */
export async function readBody(response: Response, maxBytes: number): Promise<LimitedBody> {
  if (response.body === null) return { text: '', whole: true }
  const reader = response.body.getReader()
  const chunks: Uint8Array[] = []
  let room = maxBytes
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return { text: decoded(chunks), whole: true }
    if (value.byteLength > room) {
      chunks.push(value.subarray(0, room))
      await reader.cancel()
      return { text: decoded(chunks), whole: false }
    }
    room -= value.byteLength
    chunks.push(value)
  }
}

function decoded(chunks: readonly Uint8Array[]): string {
  return new TextDecoder().decode(Buffer.concat(chunks))
}
