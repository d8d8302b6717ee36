import type { SourcePlugin, StreamPlugin, TicketingPlugin } from '@tripline/core'

/** The plugins of a configuration, as they were found. */
export interface LoadedPlugins {
  readonly ticketing: readonly TicketingPlugin[]
  readonly streams: readonly StreamPlugin[]
  readonly sources: readonly SourcePlugin[]
}

/** What a configuration can name. */
export type AnyPlugin = TicketingPlugin | StreamPlugin | SourcePlugin

/** Whether a value has the shape of a ticketing plugin; of another contract version too, which the registry then refuses. */
export function isTicketingPlugin(value: unknown): value is TicketingPlugin {
  return hasMembers(value, { name: 'string', contractVersion: 'number', connect: 'function' })
}

/** The same for a stream plugin. */
export function isStreamPlugin(value: unknown): value is StreamPlugin {
  return hasMembers(value, { kind: 'string', streamContractVersion: 'number', open: 'function' })
}

/** The same for a plugin of sources of detections. */
export function isSourcePlugin(value: unknown): value is SourcePlugin {
  return hasMembers(value, { name: 'string', sourceContractVersion: 'number', connect: 'function' })
}

/** Sorts plugins by what they are for. */
export function sortPlugins(plugins: readonly AnyPlugin[]): LoadedPlugins {
  return {
    ticketing: plugins.filter(isTicketingPlugin),
    streams: plugins.filter(isStreamPlugin),
    sources: plugins.filter(isSourcePlugin),
  }
}

function hasMembers(value: unknown, members: Readonly<Record<string, string>>): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.entries(members).every(([name, type]) => typeof Reflect.get(value, name) === type)
  )
}
