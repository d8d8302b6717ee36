import { randomUUID } from 'node:crypto'
import type { JsonValue } from '@tripline/core'
import { decode, encode, hashOf } from './byte-calls.ts'
import { committedDetection, type CommittedDetection } from './commit-detection.ts'
import { httpMessage } from './http-arguments.ts'
import { describeAddress } from './ip-address.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import { createRunLog, type RecentLines, type RunLog } from './run-log.ts'
import { ScriptError, wrongType } from './script-error.ts'
import { sessionMethod, type SessionTable } from './session-table.ts'
import { kafkaMessage, mongodbMessage, rawMessage, syslogMessage } from './stream-arguments.ts'
import type { TriggerLimits } from './trigger-limits.ts'
import type { TriggerRunInput } from './trigger-run.ts'
import type { ValueCache } from './value-cache.ts'

/** What is kept between the runs of a runtime. */
export interface RuntimeMemory {
  readonly session: SessionTable
  readonly cache: ValueCache
  readonly recent: RecentLines
}

/** What a script can do to the outside during one run: nothing but fill these. */
export interface HostCalls {
  readonly outbox: Outbox
  readonly log: RunLog
  readonly commits: readonly CommittedDetection[]
  readonly ignored: ReadonlySet<string>
  /** Answers a call of the sandbox: JSON of `[name, ...arguments]` in, JSON of `{value}` or `{error}` out. Never throws. */
  readonly answer: (text: string) => string
}

const MAX_IGNORED = 50

/** The calls of one run. Every argument is judged here, whatever the code inside the sandbox became. */
export function createHostCalls(
  input: TriggerRunInput,
  memory: RuntimeMemory,
  limits: TriggerLimits,
): HostCalls {
  const outbox = createOutbox(input.targets, limits)
  const log = createRunLog(input.trigger, memory.recent, limits.maxLogLines)
  const commits: CommittedDetection[] = []
  const ignored = new Set<string>()

  const calls: Readonly<Record<string, (...values: JsonValue[]) => JsonValue | void>> = {
    http: (target, method, options = null) =>
      outbox.send(nameOf(target), httpMessage(method ?? null, options)),
    kafka: (target, given = null) => void outbox.send(nameOf(target), kafkaMessage(given)),
    mongodb: (target, operation = null, collection = null, given = null) =>
      outbox.send(nameOf(target), mongodbMessage(operation, collection, given)),
    syslog: (target, level = null, values = null) =>
      outbox.send(nameOf(target), syslogMessage(level, values)),
    raw: (target, values = null) => void outbox.send(nameOf(target), rawMessage(values)),
    log: (line) => log.write('log', textOf(line)),
    debug: (line) => {
      if (input.debug) log.write('debug', textOf(line))
    },
    ignored: (name) => {
      if (ignored.size < MAX_IGNORED) ignored.add(textOf(name).slice(0, 200))
    },
    commitDetection: (type = null, options = null) => {
      if (commits.length >= limits.maxCommits)
        throw new ScriptError('RangeError', `A run may make ${limits.maxCommits} detections.`)
      commits.push(committedDetection(type, options))
    },
    session: (method = null, key = null, value = null, options = null) =>
      memory.session.apply(sessionMethod(method), textOf(key), value, options),
    cached: (key) => memory.cache.find(`${input.trigger}\n${textOf(key)}`),
    keep: (key, value = null) => memory.cache.keep(`${input.trigger}\n${textOf(key)}`, value),
    encode: (text = null, format = null) => encode(text, format),
    decode: (bytes = null, format = null) => decode(bytes, format),
    hash: (name = null, value = null) => hashOf(name, value),
    address: (text = null, mask = null) => describeAddress(text, mask),
    uuid: () => randomUUID(),
  }

  return {
    outbox,
    log,
    commits,
    ignored,
    answer(text) {
      try {
        // What one call may carry is more than all messages may, so that the rules say which limit it was.
        if (text.length > 2 * limits.maxMessageBytes + 1_000)
          throw new ScriptError('RangeError', 'A call carries more than a run may send.')
        const [name, ...values] = JSON.parse(text) as [string, ...JsonValue[]]
        const call = Object.hasOwn(calls, name) ? calls[name] : undefined
        if (call === undefined) throw wrongType('There is no such call.')
        return JSON.stringify({ value: call(...values) ?? null })
      } catch (error) {
        const known = error instanceof ScriptError
        const { kind: name, message } = known ? error : wrongType('The arguments are not what this takes.')
        return JSON.stringify({ error: { name, message } })
      }
    },
  }
}

/** The sandbox gives texts; whatever became of it may give something else. */
function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}

function nameOf(target: JsonValue | undefined): string {
  if (typeof target !== 'string') throw wrongType('A target is named by a string.')
  return target
}
