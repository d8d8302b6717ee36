import {
  InvalidSettings,
  parsePluginSettings,
  type PluginHost,
  type SourceAdapter,
  type SourcePlugin,
} from '@tripline/core'
import { keepNewestVersions } from '../plugin-host/kept-versions.ts'
import type { SourcePlugins } from '../plugin-host/source-plugin-registry.ts'
import { openSettings, type SettingsSeal } from '../secrets/sealed-settings.ts'
import type { SecretBox } from '../tracking/adapters.ts'
import type { DetectionSource } from './source.ts'

/** What adapters of sources are made from. */
export interface SourceAdapterParts {
  readonly sourcePlugins: SourcePlugins
  readonly secrets: SecretBox
  readonly host: PluginHost
}

/** An adapter, and the plugin that it is of. */
export interface ConnectedSource {
  readonly plugin: SourcePlugin
  readonly adapter: SourceAdapter
}

/** Connects sources, each once for each version of its settings. */
export interface SourceAdapters {
  /** @throws InvalidSettings when the plugin is missing or does not take the settings, SecretUnavailable */
  connect(source: DetectionSource): ConnectedSource
  close(): Promise<void>
}

/** How the settings of a source are sealed. */
export function sourceSeal(box: SecretBox, sourceId: string): SettingsSeal {
  return { box, context: (path) => `source:${sourceId}:${path}` }
}

/** The plugin of a name. @throws InvalidSettings */
export function getSourcePlugin(plugins: SourcePlugins, name: string): SourcePlugin {
  const plugin = plugins.find(name)
  if (plugin !== null) return plugin
  const installed = plugins.list().map((known) => known.name)
  const message = `There is no source plugin ${name}; installed: ${installed.join(', ') || 'none'}.`
  throw new InvalidSettings(message, [{ path: 'plugin', message }])
}

/** Connects sources on demand and keeps the adapters until the sources change. */
export function createSourceAdapters({ sourcePlugins, secrets, host }: SourceAdapterParts): SourceAdapters {
  const kept = keepNewestVersions<ConnectedSource>(({ adapter }) => adapter.close?.())
  return {
    connect: (source) =>
      kept.get(source.sourceId, source.version, () => {
        const plugin = getSourcePlugin(sourcePlugins, source.plugin)
        const settings = openSettings(source, sourceSeal(secrets, source.sourceId))
        return { plugin, adapter: plugin.connect(parsePluginSettings(plugin, settings), host) }
      }),
    close: () => kept.close(),
  }
}
