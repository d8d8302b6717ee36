import type { DatabaseLog } from '../database/database-log.ts'

/** The plugins of one sort that can be used. */
export interface UsablePlugins<Key, Plugin> {
  list(): readonly Plugin[]
  /** `null`: none is installed, or it could not be loaded. */
  find(key: Key): Plugin | null
}

/** What tells plugins of one sort apart, and which of them can be used. */
interface PluginSort<Key, Plugin> {
  /** What people call it; for instance `stream plugin`. */
  readonly title: string
  /** The member that they are found by. */
  readonly keyName: string
  readonly keyOf: (plugin: Plugin) => Key
  /** Why one cannot be used beside those before it; `null`: it can. */
  readonly problemOf: (plugin: Plugin, others: ReadonlyMap<Key, Plugin>) => string | null
}

/** Takes the plugins that can be used. The others are left out and reported, and the server goes on. */
export function chooseUsable<Key extends string, Plugin>(
  plugins: readonly Plugin[],
  { title, keyName, keyOf, problemOf }: PluginSort<Key, Plugin>,
  log: Pick<DatabaseLog, 'error'>,
): UsablePlugins<Key, Plugin> {
  const usable = new Map<Key, Plugin>()
  for (const plugin of plugins) {
    const key = keyOf(plugin)
    const problem = problemOf(plugin, usable)
    if (problem === null) usable.set(key, plugin)
    else log.error({ [keyName]: key }, `the ${title} ${key} cannot be used: ${problem}`)
  }
  return { list: () => [...usable.values()], find: (key) => usable.get(key) ?? null }
}

/** What is wrong with the version of the contract that a plugin was written for; `null`: nothing. */
export function contractProblem(version: number, ours: number): string | null {
  if (version === ours) return null
  const which = version < ours ? 'plugin' : 'gateway'
  return `it was written for version ${version} of the contract, and this gateway has version ${ours}; update the ${which}`
}

/** What is wrong with a plugin's name; `null`: nothing. */
export function nameProblem(name: string): string | null {
  return /^[a-z][a-z0-9-]*$/u.test(name) ? null : 'its name has to be lower-case letters, digits and hyphens'
}
