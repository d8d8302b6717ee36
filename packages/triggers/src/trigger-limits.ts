/** What one run may use. */
export interface TriggerLimits {
  /** How long a script may compute, in milliseconds. */
  readonly timeoutMs: number
  /** How much memory its values may take beyond the engine's first 16 MiB, in bytes. */
  readonly memoryBytes: number
  /** How many messages it may send. */
  readonly maxMessages: number
  /** How large all its messages may be together, in bytes as JSON. */
  readonly maxMessageBytes: number
  /** How many lines of each kind it may log; what is more is counted. */
  readonly maxLogLines: number
  /** How many detections it may make. */
  readonly maxCommits: number
}

/** Limits that suit scripts which build and send messages. */
export const defaultTriggerLimits: TriggerLimits = {
  timeoutMs: 1_000,
  memoryBytes: 32 * 1024 * 1024,
  maxMessages: 100,
  maxMessageBytes: 4 * 1024 * 1024,
  maxLogLines: 100,
  maxCommits: 20,
}
