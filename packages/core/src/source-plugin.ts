import type { z } from 'zod'
import type { ResolutionWords, SourceAdapter } from './source-adapter.ts'
import type { PluginHost } from './ticketing-plugin.ts'

/** The version of the contract between gateway and source plugins that this package describes. */
export const sourceContractVersion = 1

/** Connects the gateway to one kind of source of detections. */
export interface SourcePlugin<Settings = unknown> {
  /** Lower-case, stored with every source, never renamed; for instance `extrahop`. */
  readonly name: string
  /** What people read; for instance `ExtraHop`. */
  readonly title: string
  /** The {@link sourceContractVersion} that the plugin was written for. */
  readonly sourceContractVersion: number
  /** The name of the ingest format that reads the records, for instance `extrahop` or `tripline`. */
  readonly format: string
  /** What an administrator fills in. Members wrapped in `secret` are stored encrypted and never shown again. */
  readonly settings: z.ZodType<Settings>
  /** What the source's resolutions mean, besides those that are called as ours are. */
  readonly resolutions: ResolutionWords
  /** Makes an adapter; makes no request yet. */
  connect(settings: Settings, host: PluginHost): SourceAdapter
}

/** Checks a plugin's types where it is written, and returns it. */
export function defineSourcePlugin<Settings>(plugin: SourcePlugin<Settings>): SourcePlugin<Settings> {
  return plugin
}
