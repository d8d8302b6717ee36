/** What a run logs, as far as there is room. */
export interface RunLog {
  readonly logs: readonly string[]
  readonly debug: readonly string[]
  readonly droppedLines: number
  write(kind: 'log' | 'debug', line: string): void
}

const LONGEST_BYTES = 2_048
const REPEAT_MS = 30_000
const MAX_REMEMBERED = 10_000

/** Remembers the lines that were written lately, over all runs. */
export interface RecentLines {
  /** Whether the line is to be written: it was not within the last 30 seconds. */
  isNews(key: string): boolean
}

/** `now` in milliseconds. */
export function createRecentLines(now: () => number): RecentLines {
  const seen = new Map<string, number>()
  return {
    isNews(key) {
      const at = now()
      const before = seen.get(key)
      if (before !== undefined && at - before < REPEAT_MS) return false
      seen.delete(key)
      seen.set(key, at)
      const oldest = seen.keys().next()
      if (seen.size > MAX_REMEMBERED && !oldest.done) seen.delete(oldest.value)
      return true
    },
  }
}

/** The log of one run of a trigger; lines are cut at 2,048 bytes. */
export function createRunLog(trigger: string, recent: RecentLines, maxLines: number): RunLog {
  const lines = { log: [] as string[], debug: [] as string[] }
  let droppedLines = 0
  return {
    logs: lines.log,
    debug: lines.debug,
    get droppedLines() {
      return droppedLines
    },
    write(kind, line) {
      const cut = cutAt(line, LONGEST_BYTES)
      if (lines[kind].length >= maxLines || !recent.isNews(`${trigger}\n${kind}\n${cut}`)) droppedLines += 1
      else lines[kind].push(cut)
    },
  }
}

/** At most so many bytes of UTF-8, without half a character at the end. */
function cutAt(text: string, bytes: number): string {
  const encoded = Buffer.from(text.slice(0, bytes), 'utf8')
  if (encoded.length <= bytes) return text.slice(0, bytes)
  let end = bytes
  while (end > 0 && ((encoded[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return encoded.subarray(0, end).toString('utf8')
}
