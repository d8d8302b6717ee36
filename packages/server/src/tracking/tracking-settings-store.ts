import { defaultTrackingSettings, parseTrackingSettings, type TrackingSettings } from '@tripline/core'
import type { Database } from '../database/client.ts'

/** The tracking settings in force; the defaults until an administrator has changed them. */
export async function getTrackingSettings(database: Database): Promise<TrackingSettings> {
  const row = await database.selectFrom('tracking_settings').select('settings').executeTakeFirst()
  return toTrackingSettings(row?.settings ?? null)
}

/** The tracking settings from how they are stored; `null`: nobody has changed them yet. */
export function toTrackingSettings(stored: object | null): TrackingSettings {
  return stored === null ? defaultTrackingSettings : parseTrackingSettings(stored)
}
