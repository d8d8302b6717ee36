import type { StreamMessage } from '@tripline/core'
import { ScriptError } from './script-error.ts'
import type { TriggerLimits } from './trigger-limits.ts'
import type { KnownTarget, OutgoingMessage, RefusedMessage } from './trigger-run.ts'

/** What a run sends. */
export interface Outbox {
  readonly messages: readonly OutgoingMessage[]
  readonly refused: readonly RefusedMessage[]
  /** Whether the message is taken: it is not without such a target. */
  send(target: string, message: StreamMessage): boolean
}

/** @throws ScriptError from `send` when the run has sent too much */
export function createOutbox(targets: readonly KnownTarget[], limits: TriggerLimits): Outbox {
  const messages: OutgoingMessage[] = []
  const refused: RefusedMessage[] = []
  let bytes = 0
  return {
    messages,
    refused,
    send(target, message) {
      bytes += JSON.stringify(message).length
      if (messages.length + refused.length >= limits.maxMessages)
        throw new ScriptError('RangeError', `A run may send ${limits.maxMessages} messages.`)
      if (bytes > limits.maxMessageBytes)
        throw new ScriptError('RangeError', `A run may send ${limits.maxMessageBytes} bytes.`)
      const { kind } = message
      if (targets.some((known) => known.name === target && known.kind === kind)) {
        messages.push({ target, message })
        return true
      }
      refused.push({ target, kind, reason: `There is no ${kind} target named ${JSON.stringify(target)}.` })
      return false
    },
  }
}
