import type { InvalidInput, Issue } from '@tripline/core'
import type { IngestOutcome } from '../detections/ingest-detections.ts'

/** A record that was not taken. */
export interface RejectedRecord {
  /** Its place in the input, from 0. */
  readonly index: number
  /** The line it begins on, after decompression, from 1. */
  readonly line: number
  readonly code: string
  readonly message: string
  readonly issues: readonly Issue[]
}

/** What became of an input. */
export interface IngestSummary {
  readonly received: number
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly stale: number
  readonly rejected: number
  /** The first thousand. */
  readonly errors: readonly RejectedRecord[]
  /** How many more were rejected. */
  readonly errorsOmitted: number
}

const ERRORS_SHOWN = 1_000

/** Counts what becomes of an input, as it is read. */
export class IngestTally {
  #received = 0
  #rejected = 0
  readonly #outcomes = { created: 0, updated: 0, unchanged: 0, stale: 0 }
  readonly #errors: RejectedRecord[] = []

  receive(): void {
    this.#received++
  }

  store(outcomes: readonly IngestOutcome[]): void {
    for (const { outcome } of outcomes) this.#outcomes[outcome]++
  }

  reject(index: number, line: number, error: InvalidInput): void {
    this.#rejected++
    if (this.#errors.length >= ERRORS_SHOWN) return
    const { code, message, issues } = error
    this.#errors.push({ index, line, code, message, issues })
  }

  summary(): IngestSummary {
    return {
      received: this.#received,
      ...this.#outcomes,
      rejected: this.#rejected,
      errors: this.#errors.toSorted((left, right) => left.index - right.index),
      errorsOmitted: this.#rejected - this.#errors.length,
    }
  }
}
