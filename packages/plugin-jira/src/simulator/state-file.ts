import { readFile, rename, writeFile } from 'node:fs/promises'
import { emptyState, type JiraState } from './jira-state.ts'

/** Keeps the state in a JSON file, so that a demo's tickets survive a restart. */
export interface StateFile {
  /** Writes soon; changes that come in quick succession share one write. */
  save(): void
  /** Resolves when everything is written. */
  flush(): Promise<void>
}

const FORMAT = 1

export async function loadState(path: string): Promise<JiraState> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return emptyState()
    throw error
  }
  const { format, state } = JSON.parse(text) as { format: number; state: JiraState }
  if (format !== FORMAT)
    throw new Error(`${path} is of format ${format}; this simulator reads format ${FORMAT}`)
  return state
}

export function stateFile(path: string, state: JiraState): StateFile {
  let dirty = false
  let writing: Promise<void> = Promise.resolve()

  async function write(): Promise<void> {
    if (!dirty) return
    dirty = false
    // Beside it and then renamed: whoever is killed meanwhile leaves the old file whole.
    const temporary = `${path}.${process.pid}.tmp`
    await writeFile(temporary, JSON.stringify({ format: FORMAT, state }))
    await rename(temporary, path)
  }

  return {
    save() {
      dirty = true
      writing = writing.then(write)
      writing.catch(() => undefined)
    },
    flush: () => writing,
  }
}
