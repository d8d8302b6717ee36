import { streamContractVersion, streamKinds, type StreamKind, type StreamPlugin } from '@tripline/core'
import type { DatabaseLog } from '../database/database-log.ts'

/** The stream plugins that can be used. */
export interface StreamPlugins {
  list(): readonly StreamPlugin[]
  /** `null`: none is installed, or it could not be loaded. */
  find(kind: StreamKind): StreamPlugin | null
}

/**
 * The stream plugins that can be used, by kind. One that was written for another contract, or for a kind that is taken,
 * is left out and reported; the others go on.
 */
export function createStreamPluginRegistry(
  plugins: readonly StreamPlugin[],
  log: Pick<DatabaseLog, 'error'>,
): StreamPlugins {
  const usable = new Map<StreamKind, StreamPlugin>()
  for (const plugin of plugins) {
    const problem = problemOf(plugin, usable)
    if (problem === null) usable.set(plugin.kind, plugin)
    else log.error({ kind: plugin.kind }, `the stream plugin ${plugin.kind} cannot be used: ${problem}`)
  }
  return { list: () => [...usable.values()], find: (kind) => usable.get(kind) ?? null }
}

/** What to say where no plugin can be found for a kind. */
export function missingStreamPlugin(kind: StreamKind): string {
  return `Targets of the kind ${kind} need a plugin that is not installed, or could not be loaded; run: tripline plugin add @tripline/plugin-${kind}`
}

function problemOf(plugin: StreamPlugin, others: ReadonlyMap<StreamKind, StreamPlugin>): string | null {
  const { streamContractVersion: version, kind } = plugin
  if (version !== streamContractVersion) {
    const which = version < streamContractVersion ? 'plugin' : 'gateway'
    return `it was written for version ${version} of the contract, and this gateway has version ${streamContractVersion}; update the ${which}`
  }
  if (!streamKinds.includes(kind)) return `there are targets of these kinds: ${streamKinds.join(', ')}`
  return others.has(kind) ? 'another plugin is for the same kind' : null
}
