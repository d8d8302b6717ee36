import { open, type FileHandle } from 'node:fs/promises'

/** A line of the journal. */
export interface Entry {
  /** Where to go on behind this. */
  readonly cursor: string
  /** Absent in the first line, which only says where the journal begins. */
  readonly update?: unknown
}

/**
 * What was received, one JSON object a line, and with it how far one has come. Because both are the same write, a
 * process that is killed between any two instructions has either recorded an update or not seen it.
 */
export interface Journal {
  /** `null`: nothing was recorded yet. */
  readonly cursor: string | null
  append(entry: Entry): Promise<void>
}

/** Opens a journal, and takes off what a process that was killed has left of a line. */
export async function openJournal(file: string): Promise<Journal> {
  const handle = await open(file, 'a+')
  const text = await handle.readFile('utf8')
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  if (whole !== text) await handle.truncate(Buffer.byteLength(whole))
  return new FileJournal(handle, lastCursor(whole))
}

class FileJournal implements Journal {
  readonly #handle: FileHandle
  cursor: string | null

  constructor(handle: FileHandle, cursor: string | null) {
    this.#handle = handle
    this.cursor = cursor
  }

  async append(entry: Entry): Promise<void> {
    await this.#handle.appendFile(`${JSON.stringify(entry)}\n`)
    this.cursor = entry.cursor
  }
}

function lastCursor(text: string): string | null {
  const line = text.trimEnd().split('\n').at(-1) ?? ''
  return line === '' ? null : (JSON.parse(line) as Entry).cursor
}
