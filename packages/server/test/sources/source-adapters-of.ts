import type { PluginHost } from '@tripline/core'
import { pino } from 'pino'
import {
  createSourcePluginRegistry,
  type SourcePlugins,
} from '../../src/plugin-host/source-plugin-registry.ts'
import { builtInSourcePlugins } from '../../src/plugins.ts'
import { createSourceAdapters, type SourceAdapters } from '../../src/sources/source-adapters.ts'
import type { SecretBox } from '../../src/tracking/adapters.ts'

const log = pino({ level: 'silent' })

export const sourcePlugins: SourcePlugins = createSourcePluginRegistry(builtInSourcePlugins, log)

/** Connects sources as the server does, without its network policy: tests are on loopback. */
export function sourceAdaptersOf(secrets: SecretBox): SourceAdapters {
  const host: PluginHost = { fetch: globalThis.fetch, now: () => new Date(), log: () => undefined }
  return createSourceAdapters({ sourcePlugins, secrets, host })
}
