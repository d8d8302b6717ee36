import { contractVersion, type TicketingPlugin } from '@tripline/core'
import type { DatabaseLog } from '../database/database-log.ts'
import type { TicketingPlugins } from '../tracking/adapters.ts'

/**
 * The plugins that can be used, by name. One that was written for another contract, or whose name is taken, is left
 * out and reported; the others go on.
 */
export function createPluginRegistry(
  plugins: readonly TicketingPlugin[],
  log: Pick<DatabaseLog, 'error'>,
): TicketingPlugins {
  const usable = new Map<string, TicketingPlugin>()
  for (const plugin of plugins) {
    const problem = problemOf(plugin, usable)
    if (problem === null) usable.set(plugin.name, plugin)
    else log.error({ plugin: plugin.name }, `the plugin ${plugin.name} cannot be used: ${problem}`)
  }
  return { list: () => [...usable.values()], find: (name) => usable.get(name) ?? null }
}

function problemOf(plugin: TicketingPlugin, others: ReadonlyMap<string, TicketingPlugin>): string | null {
  if (plugin.contractVersion !== contractVersion) {
    const which = plugin.contractVersion < contractVersion ? 'plugin' : 'gateway'
    return `it was written for version ${plugin.contractVersion} of the contract, and this gateway has version ${contractVersion}; update the ${which}`
  }
  if (!/^[a-z][a-z0-9-]*$/u.test(plugin.name))
    return 'its name has to be lower-case letters, digits and hyphens'
  return others.has(plugin.name) ? 'another plugin has the same name' : null
}
