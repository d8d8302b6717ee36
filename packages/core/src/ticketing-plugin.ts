import { z } from 'zod'
import { InvalidSettings } from './errors.ts'
import type { TicketingAdapter } from './ticketing-adapter.ts'
import { schemaIssues } from './schema-issues.ts'

/** The version of the contract between gateway and plugins that this package describes. */
export const contractVersion = 1

/** All that a plugin may touch of the world. */
export interface PluginHost {
  /** Guarded by the gateway's network policy; plugins make no request any other way. */
  readonly fetch: typeof globalThis.fetch
  readonly now: () => Date
  /** `details` must not hold secrets; the gateway redacts what it knows. */
  readonly log: (level: 'debug' | 'info' | 'warn' | 'error', message: string, details?: object) => void
}

/** Connects the gateway to one kind of ticketing system. */
export interface TicketingPlugin<Settings = unknown> {
  /** Lower-case, stored with every connection, never renamed; for instance `jira`. */
  readonly name: string
  /** What people read; for instance `Jira`. */
  readonly title: string
  /** The {@link contractVersion} that the plugin was written for. */
  readonly contractVersion: number
  /** What an administrator fills in. Members wrapped in {@link secret} are stored encrypted and never shown again. */
  readonly settings: z.ZodType<Settings>
  /** Makes an adapter; makes no request yet. */
  connect(settings: Settings, host: PluginHost): TicketingAdapter
}

/** Checks a plugin's types where it is written, and returns it. */
export function defineTicketingPlugin<Settings>(
  plugin: TicketingPlugin<Settings>,
): TicketingPlugin<Settings> {
  return plugin
}

/** Marks a member of a settings schema as secret. */
export function secret<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.meta({ ...schema.meta(), secret: true, writeOnly: true })
}

/** The names of the top-level members of a settings schema that are secret. */
export function secretNames(settings: z.ZodType): readonly string[] {
  const schema = settingsJsonSchema(settings)
  const properties = (schema['properties'] ?? {}) as Record<string, { secret?: boolean }>
  return Object.entries(properties)
    .filter(([, property]) => property.secret === true)
    .map(([name]) => name)
}

/** A settings schema as JSON Schema, from which forms are drawn; secrets are marked `secret` and `writeOnly`. */
export function settingsJsonSchema(settings: z.ZodType): Record<string, unknown> {
  return z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>
}

/**
 * Reads the settings of a plugin of any kind.
 *
 * @throws InvalidSettings naming every problem at once
 */
export function parsePluginSettings<Settings>(
  plugin: Pick<TicketingPlugin<Settings>, 'title' | 'settings'>,
  value: unknown,
): Settings {
  const result = plugin.settings.safeParse(value)
  if (result.success) return result.data
  const issues = schemaIssues(result.error)
  throw new InvalidSettings(
    `The settings for ${plugin.title} cannot be taken: ${issues.map(({ path, message }) => `${path}: ${message}`).join('; ')}`,
    issues,
  )
}
