import { contractVersion, type TicketingPlugin } from '@tripline/core'
import type { DatabaseLog } from '../database/database-log.ts'
import type { TicketingPlugins } from '../tracking/adapters.ts'
import { chooseUsable, contractProblem, nameProblem } from './usable-plugins.ts'

/**
 * The plugins that can be used, by name. One that was written for another contract, or whose name is taken, is left
 * out and reported; the others go on.
 */
export function createPluginRegistry(
  plugins: readonly TicketingPlugin[],
  log: Pick<DatabaseLog, 'error'>,
): TicketingPlugins {
  const sort = { title: 'plugin', keyName: 'plugin', keyOf: ({ name }: TicketingPlugin) => name, problemOf }
  return chooseUsable(plugins, sort, log)
}

function problemOf(plugin: TicketingPlugin, others: ReadonlyMap<string, TicketingPlugin>): string | null {
  const problem = contractProblem(plugin.contractVersion, contractVersion) ?? nameProblem(plugin.name)
  if (problem !== null) return problem
  return others.has(plugin.name) ? 'another plugin has the same name' : null
}
