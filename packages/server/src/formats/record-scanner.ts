import { OpenRecord } from './open-record.ts'
import { UnreadableRecord, type RecordPosition, type UnreadableReason } from './unreadable-record.ts'
import { ValueScanner } from './value-scanner.ts'

const TAB = 0x09
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b

const CUT_OFF = 'the record is cut off at the end of its line.'

const byteOrderMark = new Uint8Array([0xef, 0xbb, 0xbf])

/** The bytes of one record, or why there are none. */
export type ScannedRecord =
  | { readonly position: RecordPosition; readonly bytes: Uint8Array }
  | { readonly position: RecordPosition; readonly error: UnreadableRecord }

/** What a scanner accepts of one record. */
export interface RecordLimits {
  readonly maxRecordBytes: number
  /** How deep brackets may be nested. */
  readonly maxDepth: number
}

/**
 * Where the scanner stands: in front of everything; between records; in an object at the top level; at the beginning of a further line of one;
 * in a line that is neither object nor array; in an array, between its elements or in one; passing over the rest of a
 * line, or all up to a line that begins with an object; behind an error that ends the reading.
 */
type State =
  | 'start'
  | 'between'
  | 'object'
  | 'object_line'
  | 'line'
  | 'gap'
  | 'element'
  | 'skip_line'
  | 'skip_object'
  | 'ended'

/**
 * Cuts a stream of bytes into records: objects one after the other, each on a line of its own or not, and the elements
 * of arrays. It keeps the record at hand and nothing else; of one that is too large or too deep, not even that.
 *
 * A broken object takes as little with it as possible. Once a line has held whole records, a line that begins with `{`
 * begins a record, whatever the one before lacks. Until then an object may be spread over lines in any way; if it
 * turns out broken and a line of it began with `{`, the scanner goes back to that line.
 */
export class RecordScanner {
  readonly #limits: RecordLimits
  readonly #value: ValueScanner
  readonly #record = new OpenRecord()
  #state: State = 'start'
  #found: ScannedRecord[] = []
  /** Bytes to scan before anything else, after going back. */
  #again: Uint8Array | null = null
  /** The offset, in the stream, of the chunk at hand. */
  #base = 0
  #line = 1
  #column = 0
  #lineDelimited = false
  #closedOnLine = false
  #afterComma = false
  /** The last byte of the open object's previous line that is not white space. */
  #lineEnd = 0
  #restart: RecordPosition | null = null

  constructor(limits: RecordLimits) {
    this.#limits = limits
    this.#value = new ValueScanner(limits.maxDepth)
  }

  /** How far the scanner has come: the beginning of the next chunk. */
  get position(): RecordPosition {
    return this.#here(0)
  }

  /** Whether an error ended the reading. */
  get ended(): boolean {
    return this.#state === 'ended'
  }

  /** Takes the next bytes, which must not change afterwards; returns the records that they complete. */
  push(chunk: Uint8Array): readonly ScannedRecord[] {
    this.#found = []
    this.#scanAll(chunk)
    return this.#found
  }

  /** Takes the end of the stream; returns what was left open. */
  end(): readonly ScannedRecord[] {
    this.#found = []
    const nothing = new Uint8Array(0)
    while (this.#state === 'object' || this.#state === 'object_line') {
      this.#fail('truncated', 'the input ends inside this record.', 'between', nothing, 0)
      this.#scanAll(nothing)
    }
    if (this.#state === 'line') this.#take(nothing, 0)
    if (this.#state === 'gap' || this.#state === 'element') {
      this.#stop('truncated', 'the input ends before the array is closed.', 0)
    }
    return this.#found
  }

  #scanAll(first: Uint8Array): void {
    let chunk = first
    for (let index = 0; ;) {
      if (this.#again !== null) {
        chunk = this.#again
        this.#again = null
        index = 0
      } else if (this.#state === 'ended') {
        return
      } else if (index < chunk.length) {
        index = this.#step(chunk, index)
      } else {
        this.#carry(chunk)
        if (this.#again === null) {
          this.#base += chunk.length
          return
        }
      }
    }
  }

  /** Goes on from an index in the present state, and returns the index to go on from. */
  #step(chunk: Uint8Array, index: number): number {
    switch (this.#state) {
      case 'start':
        return this.#mark(chunk, index)
      case 'between':
        return this.#between(chunk, index)
      case 'object':
        return this.#object(chunk, index)
      case 'object_line':
        return this.#objectLine(chunk, index)
      case 'line':
        return this.#plainLine(chunk, index)
      case 'gap':
        return this.#gap(chunk, index)
      case 'element':
        return this.#element(chunk, index)
      case 'skip_line':
        return this.#skipLine(chunk, index)
      case 'skip_object':
        return this.#skipObject(chunk, index)
      case 'ended':
        return chunk.length
    }
  }

  /** Passes over a byte order mark of UTF-8, and stops at one of UTF-16. */
  #mark(chunk: Uint8Array, from: number): number {
    const byte = chunk[from] ?? 0
    const offset = this.#base + from
    if (offset === 0 && (byte === 0xff || byte === 0xfe)) {
      return this.#stop('encoding', 'the input is UTF-16; it must be UTF-8.', from)
    }
    if (byte === byteOrderMark[offset]) return from + 1
    this.#state = 'between'
    return from
  }

  #between(chunk: Uint8Array, from: number): number {
    for (let index = from; index < chunk.length; index++) {
      const byte = chunk[index] ?? 0
      if (byte === LINE_FEED) {
        this.#line++
        this.#lineDelimited ||= this.#closedOnLine
        this.#closedOnLine = false
      } else if (byte === OPEN_BRACKET) {
        this.#afterComma = false
        this.#state = 'gap'
        return index + 1
      } else if (!isBlank(byte)) {
        this.#begin(index)
        this.#state = byte === OPEN_BRACE ? 'object' : 'line'
        return index
      }
    }
    return chunk.length
  }

  #object(chunk: Uint8Array, from: number): number {
    const index = this.#value.scan(chunk, from)
    switch (this.#value.event) {
      case 'chunk_end':
        this.#lineEnd = lastSignificant(chunk, from, index) ?? this.#lineEnd
        return index
      case 'newline':
        this.#lineEnd = lastSignificant(chunk, from, index) ?? this.#lineEnd
        this.#line++
        this.#column = 0
        this.#state = 'object_line'
        return index + 1
      case 'closed':
        return this.#take(chunk, index + 1)
      case 'broken_string':
        return this.#fail('syntax', 'a string is not closed on its line.', this.#skip(), chunk, index)
      case 'mismatch':
      case 'separator':
        return this.#fail('syntax', 'a bracket is closed by the other kind.', this.#skip(), chunk, index)
    }
  }

  #objectLine(chunk: Uint8Array, from: number): number {
    for (let index = from; index < chunk.length; index++) {
      const byte = chunk[index] ?? 0
      if (byte === LINE_FEED) {
        this.#line++
        this.#column = 0
      } else if (isBlank(byte)) {
        this.#column++
      } else {
        this.#state = 'object'
        return byte === OPEN_BRACE ? this.#objectAtLineStart(chunk, index) : index
      }
    }
    return chunk.length
  }

  #objectAtLineStart(chunk: Uint8Array, index: number): number {
    const mayNest = this.#lineEnd === COLON || this.#lineEnd === COMMA || this.#lineEnd === OPEN_BRACKET
    const unindented = this.#column === 0
    if (!mayNest || (unindented && (this.#lineDelimited || this.#refusal(index) !== null))) {
      return this.#fail('syntax', CUT_OFF, 'between', chunk, index)
    }
    if (unindented) this.#restart ??= this.#here(index)
    return index
  }

  #plainLine(chunk: Uint8Array, from: number): number {
    const end = chunk.indexOf(LINE_FEED, from)
    if (end < 0) return chunk.length
    return this.#take(chunk, end)
  }

  #gap(chunk: Uint8Array, from: number): number {
    for (let index = from; index < chunk.length; index++) {
      const byte = chunk[index] ?? 0
      if (byte === LINE_FEED) {
        this.#line++
      } else if (byte === COMMA || byte === CLOSE_BRACKET) {
        const missing = byte === COMMA || this.#afterComma
        if (missing) this.#report('syntax', 'an element of the array is missing here.', this.#here(index))
        this.#afterComma = true
        this.#state = byte === COMMA ? 'gap' : 'between'
        return index + 1
      } else if (!isBlank(byte)) {
        this.#begin(index)
        this.#state = 'element'
        return index
      }
    }
    return chunk.length
  }

  #element(chunk: Uint8Array, from: number): number {
    const index = this.#value.scan(chunk, from)
    switch (this.#value.event) {
      case 'chunk_end':
        return index
      case 'closed':
        return index + 1
      case 'newline':
        this.#line++
        return index + 1
      case 'separator':
        this.#take(chunk, index)
        this.#afterComma = true
        this.#state = chunk[index] === COMMA ? 'gap' : 'between'
        return index + 1
      case 'broken_string':
        return this.#stop('syntax', 'a string in the array is not closed on its line.', index)
      case 'mismatch':
        return this.#stop('syntax', 'a bracket in the array is closed by the other kind.', index)
    }
  }

  #skipLine(chunk: Uint8Array, from: number): number {
    const end = chunk.indexOf(LINE_FEED, from)
    if (end < 0) return chunk.length
    this.#state = 'between'
    return end
  }

  #skipObject(chunk: Uint8Array, from: number): number {
    for (let index = from; index < chunk.length; index++) {
      const byte = chunk[index] ?? 0
      if (byte === OPEN_BRACE && this.#column === 0) {
        this.#state = 'between'
        return index
      }
      if (byte === LINE_FEED) this.#line++
      this.#column = byte === LINE_FEED ? 0 : this.#column + 1
    }
    return chunk.length
  }

  /** How to pass over the rest of a broken object. */
  #skip(): State {
    this.#column = 1
    return this.#lineDelimited ? 'skip_line' : 'skip_object'
  }

  #here(index: number): RecordPosition {
    return { line: this.#line, byteOffset: this.#base + index }
  }

  #begin(index: number): void {
    this.#record.begin(index, this.#here(index))
    this.#restart = null
    this.#value.reset()
  }

  /** Ends the open record in front of an index, and returns it. */
  #take(chunk: Uint8Array, end: number): number {
    const refusal = this.#refusal(end)
    if (refusal !== null && this.#restart !== null) return this.#goBack(chunk, this.#restart)
    const { position } = this.#record
    if (refusal === null) this.#found.push({ position, bytes: this.#record.bytesTo(chunk, end) })
    else this.#report(...refusal, position)
    this.#closedOnLine = this.#state === 'object' && position.line === this.#line
    this.#state = 'between'
    return end
  }

  /** Keeps what a used-up chunk holds of the open record, as long as it may still be accepted. */
  #carry(chunk: Uint8Array): void {
    const open = ['object', 'object_line', 'line', 'element'].includes(this.#state)
    if (!open) return
    if (this.#refusal(chunk.length) !== null) {
      if (this.#restart !== null) {
        this.#goBack(chunk, this.#restart)
        return
      }
      this.#record.drop()
    }
    this.#record.carry(chunk)
  }

  /** Reports the open object as broken, and goes on in the state given, or at the line to go back to. */
  #fail(reason: UnreadableReason, detail: string, next: State, chunk: Uint8Array, index: number): number {
    if (this.#restart !== null) return this.#goBack(chunk, this.#restart)
    this.#report(...(this.#refusal(index) ?? [reason, detail]), this.#record.position)
    this.#closedOnLine = false
    this.#state = next
    return index
  }

  /** Reports what is in front of a line as a broken record, and arranges that the line is scanned next. */
  #goBack(chunk: Uint8Array, restart: RecordPosition): number {
    const { position } = this.#record
    this.#report('syntax', CUT_OFF, position)
    this.#again = this.#record.bytesTo(chunk, chunk.length).subarray(restart.byteOffset - position.byteOffset)
    this.#base = restart.byteOffset
    this.#line = restart.line
    this.#lineDelimited = true
    this.#restart = null
    this.#state = 'between'
    return chunk.length
  }

  /** Why the open record is refused whatever it says, when it is. */
  #refusal(end: number): [UnreadableReason, string] | null {
    const { maxDepth, maxRecordBytes } = this.#limits
    if (this.#value.tooDeep) return ['too_deep', `the record is nested deeper than ${maxDepth} levels.`]
    if (this.#record.sizeAt(end) <= maxRecordBytes) return null
    return ['too_large', `the record is larger than ${maxRecordBytes} bytes.`]
  }

  #report(reason: UnreadableReason, detail: string, position: RecordPosition): void {
    this.#found.push({ position, error: new UnreadableRecord(reason, detail, position) })
  }

  #stop(reason: UnreadableReason, detail: string, index: number): number {
    const position = this.#here(index)
    this.#found.push({ position, error: new UnreadableRecord(reason, detail, position, true) })
    this.#state = 'ended'
    return index
  }
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB || byte === CARRIAGE_RETURN
}

function lastSignificant(chunk: Uint8Array, from: number, end: number): number | null {
  for (let index = end - 1; index >= from; index--) {
    const byte = chunk[index] ?? 0
    if (!isBlank(byte) && byte !== LINE_FEED) return byte
  }
  return null
}
