import { sourceContractVersion, type SourcePlugin } from '@tripline/core'
import type { DatabaseLog } from '../database/database-log.ts'
import { findFormat } from '../formats/format.ts'
import { chooseUsable, contractProblem, nameProblem, type UsablePlugins } from './usable-plugins.ts'

/** The source plugins that can be used. */
export type SourcePlugins = UsablePlugins<string, SourcePlugin>

/**
 * The source plugins that can be used, by name. One that was written for another contract, whose name is taken or whose
 * records nobody reads is left out and reported; the others go on.
 */
export function createSourcePluginRegistry(
  plugins: readonly SourcePlugin[],
  log: Pick<DatabaseLog, 'error'>,
): SourcePlugins {
  const sort = {
    title: 'source plugin',
    keyName: 'plugin',
    keyOf: ({ name }: SourcePlugin) => name,
    problemOf,
  }
  return chooseUsable(plugins, sort, log)
}

function problemOf(plugin: SourcePlugin, others: ReadonlyMap<string, SourcePlugin>): string | null {
  const { format, name, sourceContractVersion: version } = plugin
  const problem = contractProblem(version, sourceContractVersion) ?? nameProblem(name)
  if (problem !== null) return problem
  if (findFormat(format) === null) return `there is no ingest format ${format}`
  return others.has(name) ? 'another source plugin has the same name' : null
}
