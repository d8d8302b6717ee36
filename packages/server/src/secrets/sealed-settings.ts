import { divideSecrets, joinSecrets, parsePluginSettings, type JsonObject } from '@tripline/core'
import type { z } from 'zod'
import type { SecretBox } from '../tracking/adapters.ts'

/** Settings with their secrets apart, each sealed or a reference, by its path. */
export interface SealedSettings {
  readonly settings: JsonObject
  readonly secrets: Readonly<Record<string, string>>
}

/** How the settings of one thing are sealed. */
export interface SettingsSeal {
  readonly box: SecretBox
  /** What the secret at a path is bound to. */
  readonly context: (path: string) => string
}

/** What takes settings. */
interface SettingsTaker {
  readonly title: string
  readonly settings: z.ZodType
}

/** Takes the secrets out of settings and seals them. */
export function sealSettings(
  { settings: schema }: SettingsTaker,
  given: JsonObject,
  { box, context }: SettingsSeal,
): SealedSettings {
  const { settings, secrets } = divideSecrets(schema, given)
  const sealed = Object.entries(secrets).map(
    ([path, secret]) => [path, box.seal(secret, context(path))] as const,
  )
  return { settings, secrets: Object.fromEntries(sealed) }
}

/** Settings with their secrets opened. @throws SecretUnavailable */
export function openSettings(
  { settings, secrets }: SealedSettings,
  { box, context }: SettingsSeal,
): JsonObject {
  const opened = Object.entries(secrets).map(
    ([path, stored]) => [path, box.open(stored, context(path))] as const,
  )
  return joinSecrets(settings, Object.fromEntries(opened))
}

/**
 * Settings with others laid over them by their first names: secrets need not be given again, `null` removes a setting.
 *
 * @throws InvalidSettings when they cannot be together, SecretUnavailable
 */
export function changeSettings(
  taker: SettingsTaker,
  before: SealedSettings,
  patch: JsonObject,
  seal: SettingsSeal,
): SealedSettings {
  const laidOver = Object.fromEntries(
    Object.entries({ ...before.settings, ...patch }).filter(([, value]) => value !== null),
  )
  const removed = Object.keys(patch).filter((name) => patch[name] === null)
  const kept = Object.fromEntries(Object.entries(before.secrets).filter(([path]) => !removed.includes(path)))
  parsePluginSettings(taker, openSettings({ settings: laidOver, secrets: kept }, seal))
  const given = divideSecrets(taker.settings, patch)
  // Sealed secrets are put in place as they are, and only those given now are sealed.
  const whole = divideSecrets(taker.settings, joinSecrets(laidOver, kept))
  const secrets = Object.entries(whole.secrets).map(([path, value]) => {
    const fresh = given.secrets[path]
    return [path, fresh === undefined ? value : seal.box.seal(fresh, seal.context(path))] as const
  })
  return { settings: whole.settings, secrets: Object.fromEntries(secrets) }
}
