const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
const LINE_FEED = 0x0a
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** The bytes that mean something outside a string; all others are passed over. */
const structural = new Uint8Array(256)
for (const byte of [QUOTE, COMMA, LINE_FEED, OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE]) {
  structural[byte] = 1
}

/**
 * Why a scan stopped: the chunk is used up; the outermost bracket was closed; a line ended; a comma or a closing
 * square bracket stands outside of every bracket; a bracket was closed by the wrong kind; a line ended in a string.
 */
export type ScanEvent = 'chunk_end' | 'closed' | 'newline' | 'separator' | 'mismatch' | 'broken_string'

/**
 * Follows brackets and strings of one JSON value over the bytes of a stream, to find where the value ends. It judges
 * nothing else: whether the value is JSON is for `JSON.parse` to say.
 */
export class ValueScanner {
  /** What the last scan stopped at. */
  event: ScanEvent = 'chunk_end'
  /** Whether the value is nested deeper than allowed. */
  tooDeep = false
  readonly #openers: Uint8Array
  #depth = 0
  #inString = false
  #escaped = false

  constructor(maxDepth: number) {
    this.#openers = new Uint8Array(maxDepth)
  }

  /** Begins a new value. */
  reset(): void {
    this.tooDeep = false
    this.#depth = 0
    this.#inString = false
    this.#escaped = false
  }

  /**
   * Scans from an index on, sets {@link event}, and returns the index of the byte that caused it (at the end of the
   * chunk: its length). To go on, scan from the index behind.
   */
  scan(chunk: Uint8Array, from: number): number {
    let index = from
    while (index < chunk.length) {
      if (this.#inString) {
        index = this.#scanString(chunk, index)
        if (this.#inString) return index
        continue
      }
      const byte = chunk[index] ?? 0
      if (structural[byte] === 0) {
        index++
        continue
      }
      if (byte === QUOTE) this.#inString = true
      else if (byte !== COMMA || this.#depth === 0) {
        const event = this.#structure(byte)
        if (event !== null) {
          this.event = event
          return index
        }
      }
      index++
    }
    this.event = 'chunk_end'
    return index
  }

  #scanString(chunk: Uint8Array, from: number): number {
    let index = from
    let escaped = this.#escaped
    for (; index < chunk.length; index++) {
      const byte = chunk[index]
      if (byte === LINE_FEED) {
        this.event = 'broken_string'
        return index
      }
      if (escaped) escaped = false
      else if (byte === BACKSLASH) escaped = true
      else if (byte === QUOTE) {
        this.#escaped = false
        this.#inString = false
        return index + 1
      }
    }
    this.#escaped = escaped
    this.event = 'chunk_end'
    return index
  }

  #structure(byte: number): ScanEvent | null {
    switch (byte) {
      case LINE_FEED:
        return 'newline'
      case COMMA:
        return 'separator'
      case OPEN_BRACE:
      case OPEN_BRACKET:
        if (this.#depth < this.#openers.length) this.#openers[this.#depth] = byte
        else this.tooDeep = true
        this.#depth++
        return null
      default:
        return this.#closing(byte)
    }
  }

  #closing(byte: number): ScanEvent | null {
    if (this.#depth === 0) return byte === CLOSE_BRACKET ? 'separator' : 'mismatch'
    this.#depth--
    // Both closing brackets are two above their opening ones. Beyond the allowed depth the kinds are not kept.
    if (this.#depth < this.#openers.length && this.#openers[this.#depth] !== byte - 2) return 'mismatch'
    return this.#depth === 0 ? 'closed' : null
  }
}
