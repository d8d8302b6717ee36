import { InvalidInput } from '@tripline/core'

/** Why a record could not be read. */
export type UnreadableReason = 'syntax' | 'truncated' | 'too_large' | 'too_deep' | 'encoding' | 'compression'

/** Where in the text, after decompression, a record begins or was found to be broken. */
export interface RecordPosition {
  /** Counted from 1. */
  readonly line: number
  /** Counted from 0. */
  readonly byteOffset: number
}

/** A record of an input is not JSON, or is beyond what is accepted. */
export class UnreadableRecord extends InvalidInput {
  override readonly code = 'UNREADABLE_RECORD'
  readonly reason: UnreadableReason
  readonly line: number
  readonly byteOffset: number
  /** Whether reading ends here: what follows, if anything, was not looked at. */
  readonly fatal: boolean

  constructor(reason: UnreadableReason, detail: string, position: RecordPosition, fatal = false) {
    const message = `Line ${position.line} (byte ${position.byteOffset}): ${detail}${fatal ? ' Reading stopped here.' : ''}`
    super(message, [{ path: '', message: detail }])
    this.reason = reason
    this.line = position.line
    this.byteOffset = position.byteOffset
    this.fatal = fatal
  }
}
