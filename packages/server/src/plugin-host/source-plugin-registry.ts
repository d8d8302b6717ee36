import { sourceContractVersion, type SourcePlugin } from '@tripline/core'
import type { DatabaseLog } from '../database/database-log.ts'
import { findFormat } from '../formats/format.ts'

/** The source plugins that can be used. */
export interface SourcePlugins {
  list(): readonly SourcePlugin[]
  /** `null`: none of that name is installed, or it could not be loaded. */
  find(name: string): SourcePlugin | null
}

/**
 * The source plugins that can be used, by name. One that was written for another contract, whose name is taken or whose
 * records nobody reads is left out and reported; the others go on.
 */
export function createSourcePluginRegistry(
  plugins: readonly SourcePlugin[],
  log: Pick<DatabaseLog, 'error'>,
): SourcePlugins {
  const usable = new Map<string, SourcePlugin>()
  for (const plugin of plugins) {
    const problem = problemOf(plugin, usable)
    if (problem === null) usable.set(plugin.name, plugin)
    else log.error({ plugin: plugin.name }, `the source plugin ${plugin.name} cannot be used: ${problem}`)
  }
  return { list: () => [...usable.values()], find: (name) => usable.get(name) ?? null }
}

function problemOf(plugin: SourcePlugin, others: ReadonlyMap<string, SourcePlugin>): string | null {
  const { format, name, sourceContractVersion: version } = plugin
  if (version !== sourceContractVersion) {
    const which = version < sourceContractVersion ? 'plugin' : 'gateway'
    return `it was written for version ${version} of the contract, and this gateway has version ${sourceContractVersion}; update the ${which}`
  }
  if (!/^[a-z][a-z0-9-]*$/u.test(name)) return 'its name has to be lower-case letters, digits and hyphens'
  if (findFormat(format) === null) return `there is no ingest format ${format}`
  return others.has(name) ? 'another source plugin has the same name' : null
}
