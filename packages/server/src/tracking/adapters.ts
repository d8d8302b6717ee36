import {
  InvalidSettings,
  parsePluginSettings,
  type PluginHost,
  type TicketingAdapter,
  type TicketingPlugin,
} from '@tripline/core'
import { keepNewestVersions } from '../plugin-host/kept-versions.ts'
import type { UsablePlugins } from '../plugin-host/usable-plugins.ts'
import type { TicketingConnection } from './connection.ts'

/** The installed plugins. */
export type TicketingPlugins = UsablePlugins<string, TicketingPlugin>

/** Keeps secrets unreadable at rest; `context` binds a sealed secret to where it belongs. */
export interface SecretBox {
  seal(secret: string, context: string): string
  /** Opens a sealed secret, or resolves a reference such as `env:NAME`. */
  open(stored: string, context: string): string
}

/** What adapters are made from. */
export interface AdapterSources {
  readonly plugins: TicketingPlugins
  readonly secrets: SecretBox
  readonly host: PluginHost
}

/** Makes adapters of connections, one for each connection and version of its settings. */
export interface Adapters {
  /** @throws InvalidSettings when the plugin is missing or does not take the settings */
  adapterFor(connection: TicketingConnection): TicketingAdapter
  webhookSecrets(connection: TicketingConnection): readonly string[]
  close(): Promise<void>
}

/** What a connection's secret is bound to. */
export function secretContext(connectionId: string, name: string): string {
  return `connection:${connectionId}:${name}`
}

/** The name under which webhook secrets are sealed. */
export const WEBHOOK_SECRET = 'webhook'

/** Makes adapters on demand and keeps them until the connection changes. */
export function createAdapters({ plugins, secrets, host }: AdapterSources): Adapters {
  const kept = keepNewestVersions<TicketingAdapter>((adapter) => adapter.close?.())
  return {
    adapterFor: (connection) =>
      kept.get(connection.connectionId, connection.version, () => {
        const plugin = plugins.find(connection.plugin)
        if (plugin === null) {
          const message = `The plugin ${connection.plugin} is not installed, or could not be loaded; see the log of the start.`
          throw new InvalidSettings(message, [{ path: 'plugin', message }])
        }
        const opened = Object.fromEntries(
          Object.entries(connection.secrets).map(([name, stored]) => [
            name,
            secrets.open(stored, secretContext(connection.connectionId, name)),
          ]),
        )
        return plugin.connect(parsePluginSettings(plugin, { ...connection.settings, ...opened }), host)
      }),
    webhookSecrets(connection) {
      return connection.webhookSecrets.map((stored) =>
        secrets.open(stored, secretContext(connection.connectionId, WEBHOOK_SECRET)),
      )
    },
    close: () => kept.close(),
  }
}
