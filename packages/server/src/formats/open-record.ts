import type { RecordPosition } from './unreadable-record.ts'

/** The record that a scanner is in the middle of: the bytes of it that were in earlier chunks. */
export class OpenRecord {
  /** Where the record begins. */
  position: RecordPosition = { line: 1, byteOffset: 0 }
  /** Whether the bytes were given up, because the record will be refused in any case. */
  dropped = false
  #parts: Uint8Array[] = []
  #carried = 0
  #start = 0

  /** Begins a record at an index of the chunk at hand. */
  begin(index: number, position: RecordPosition): void {
    this.position = position
    this.dropped = false
    this.#parts = []
    this.#carried = 0
    this.#start = index
  }

  /** How many bytes the record has when it ends in front of an index of the chunk at hand. */
  sizeAt(end: number): number {
    return this.#carried + end - this.#start
  }

  /** The record's bytes when it ends in front of an index of the chunk at hand. */
  bytesTo(chunk: Uint8Array, end: number): Uint8Array {
    const tail = chunk.subarray(this.#start, end)
    return this.#parts.length === 0 ? tail : Buffer.concat([...this.#parts, tail])
  }

  /** Keeps what the used-up chunk holds of the record. */
  carry(chunk: Uint8Array): void {
    if (!this.dropped) this.#parts.push(chunk.subarray(this.#start))
    this.#carried += chunk.length - this.#start
    this.#start = 0
  }

  /** Gives the bytes up. */
  drop(): void {
    this.dropped = true
    this.#parts = []
  }
}
