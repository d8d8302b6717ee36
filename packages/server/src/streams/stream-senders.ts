import { InvalidSettings, parsePluginSettings, type StreamHost, type StreamSender } from '@tripline/core'
import { keepNewestVersions } from '../plugin-host/kept-versions.ts'
import { missingStreamPlugin, type StreamPlugins } from '../plugin-host/stream-plugin-registry.ts'
import { openSettings, type SettingsSeal } from '../secrets/sealed-settings.ts'
import type { SecretBox } from '../tracking/adapters.ts'
import type { StreamTarget } from './stream-target.ts'

/** What senders are made from. */
export interface SenderSources {
  readonly streamPlugins: StreamPlugins
  readonly secrets: SecretBox
  readonly streamHost: StreamHost
}

/** Opens targets, each once for each version of its settings. */
export interface StreamSenders {
  /** @throws InvalidSettings when the plugin is missing or does not take the settings, SecretUnavailable */
  senderFor(target: StreamTarget): StreamSender
  close(): Promise<void>
}

/** How the settings of a target are sealed. */
export function streamSeal(box: SecretBox, targetId: string): SettingsSeal {
  return { box, context: (path) => `stream:${targetId}:${path}` }
}

/** Opens targets on demand and keeps them until they change. */
export function createStreamSenders({ streamPlugins, secrets, streamHost }: SenderSources): StreamSenders {
  const kept = keepNewestVersions<StreamSender>((sender) => sender.close())
  return {
    senderFor: (target) =>
      kept.get(target.targetId, target.version, () => {
        const plugin = streamPlugins.find(target.kind)
        if (plugin === null) {
          const message = missingStreamPlugin(target.kind)
          throw new InvalidSettings(message, [{ path: 'kind', message }])
        }
        const settings = parsePluginSettings(
          plugin,
          openSettings(target, streamSeal(secrets, target.targetId)),
        )
        return plugin.open(settings, streamHost)
      }),
    close: () => kept.close(),
  }
}
