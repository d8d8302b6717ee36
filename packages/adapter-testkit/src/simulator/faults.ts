import type { FaultFields, FaultKind, FaultScript } from './fault-script.ts'
import { matchPath } from './router.ts'
import type { SimulatorRequest } from './simulator-request.ts'

export interface ScriptedFault {
  readonly id: string
  readonly script: FaultFields
  /** How often it has struck. */
  readonly hits: number
  /** `null`: without end. */
  readonly remaining: number | null
}

/** What goes wrong, and when. */
export interface Faults {
  add(script: FaultScript | FaultKind): ScriptedFault
  list(): readonly ScriptedFault[]
  remove(id: string): boolean
  clear(): void
}

export interface FaultBook extends Faults {
  /** The fault that strikes this request; it is counted. */
  take(request: SimulatorRequest): FaultFields | null
}

interface Entry {
  readonly id: string
  readonly script: FaultFields
  readonly matches: ((request: SimulatorRequest) => boolean) | undefined
  hits: number
  toSkip: number
  remaining: number | null
}

export function createFaultBook(random: () => number): FaultBook {
  let entries: Entry[] = []
  let lastId = 0
  return {
    add(given) {
      const { matches, ...script } = typeof given === 'string' ? { kind: given, matches: undefined } : given
      const entry: Entry = {
        id: String(++lastId),
        script,
        matches,
        hits: 0,
        toSkip: script.skip ?? 0,
        remaining: script.times ?? (script.probability === undefined ? 1 : null),
      }
      entries.push(entry)
      return shown(entry)
    },
    list: () => entries.map(shown),
    remove(id) {
      const before = entries.length
      entries = entries.filter((entry) => entry.id !== id)
      return entries.length < before
    },
    clear() {
      entries = []
    },
    take(request) {
      for (const entry of entries) {
        if (entry.remaining === 0 || !fits(entry, request)) continue
        if (entry.toSkip > 0) {
          entry.toSkip -= 1
          continue
        }
        if (entry.script.probability !== undefined && random() >= entry.script.probability) continue
        entry.hits += 1
        if (entry.remaining !== null) entry.remaining -= 1
        return entry.script
      }
      return null
    },
  }
}

function fits(entry: Entry, request: SimulatorRequest): boolean {
  const { method, path } = entry.script
  if (method !== undefined && method.toUpperCase() !== request.method) return false
  if (path !== undefined && matchPath(path, request.path) === null) return false
  return entry.matches?.(request) ?? true
}

function shown(entry: Entry): ScriptedFault {
  return { id: entry.id, script: entry.script, hits: entry.hits, remaining: entry.remaining }
}
