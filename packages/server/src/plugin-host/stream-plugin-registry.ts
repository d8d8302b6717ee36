import { streamContractVersion, streamKinds, type StreamKind, type StreamPlugin } from '@tripline/core'
import type { DatabaseLog } from '../database/database-log.ts'
import { chooseUsable, contractProblem, type UsablePlugins } from './usable-plugins.ts'

/** The stream plugins that can be used. */
export type StreamPlugins = UsablePlugins<StreamKind, StreamPlugin>

/**
 * The stream plugins that can be used, by kind. One that was written for another contract, or for a kind that is taken,
 * is left out and reported; the others go on.
 */
export function createStreamPluginRegistry(
  plugins: readonly StreamPlugin[],
  log: Pick<DatabaseLog, 'error'>,
): StreamPlugins {
  const sort = { title: 'stream plugin', keyName: 'kind', keyOf: ({ kind }: StreamPlugin) => kind, problemOf }
  return chooseUsable(plugins, sort, log)
}

/** What to say where no plugin can be found for a kind. */
export function missingStreamPlugin(kind: StreamKind): string {
  return `Targets of the kind ${kind} need a plugin that is not installed, or could not be loaded; run: tripline plugin add @tripline/plugin-${kind}`
}

function problemOf(plugin: StreamPlugin, others: ReadonlyMap<StreamKind, StreamPlugin>): string | null {
  const { streamContractVersion: version, kind } = plugin
  const problem = contractProblem(version, streamContractVersion)
  if (problem !== null) return problem
  if (!streamKinds.includes(kind)) return `there are targets of these kinds: ${streamKinds.join(', ')}`
  return others.has(kind) ? 'another plugin is for the same kind' : null
}
