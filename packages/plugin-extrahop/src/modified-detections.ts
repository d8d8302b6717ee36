import { type JsonObject, type SourcePage, UnexpectedResponse } from '@tripline/core'
import type { ExtrahopClient } from './extrahop-client.ts'
import { modTimeSchema, pageSchema, stateSchema } from './extrahop-payloads.ts'
import type { ExtrahopSettings } from './settings.ts'

/**
 * A place in the history of modifications: the modification time to go on from, that time included. `offset`: how many
 * detections of exactly that time are known; absent: this is where a poll begins.
 */
interface Place {
  readonly modTime: number
  readonly offset?: number
}

const DAY_MS = 86_400_000

/**
 * A page of detections by their modification time. Not by an offset alone: a detection that is modified while pages are
 * read moves to the end, and those behind it move up over the edge of a page.
 */
export async function listModified(
  client: ExtrahopClient,
  settings: ExtrahopSettings,
  cursor: string | null,
  limit: number,
  now: Date,
): Promise<SourcePage> {
  const from = parseCursor(cursor) ?? { modTime: now.getTime() - settings.lookBackDays * DAY_MS }
  const records = await client.search({ ...criteria(settings), ...window(from, limit) }, pageSchema)
  const modTimes = records.flatMap((record) => modTimeSchema.safeParse(record).data?.mod_time ?? [])
  if (records.length > 0 && modTimes.length === 0) {
    throw new UnexpectedResponse('Detections without mod_time were answered; firmware 9.0 or later has it.')
  }
  const latest = modTimes.length === 0 ? null : Math.max(...modTimes)
  const isLast = records.length < limit
  const next = isLast ? restingPlace(from, latest, settings) : nextPlace(from, latest, records.length)
  return {
    records,
    states: records.flatMap((record) => {
      const state = stateSchema.safeParse(record)
      if (!state.success) return []
      const { id: externalId, ...tracking } = state.data
      return [{ externalId, tracking }]
    }),
    nextCursor: cursor === null && latest === null ? null : formatCursor(next),
    upTo: latest === null ? null : new Date(latest),
    isLast,
  }
}

function criteria({ categories, riskScoreMin }: ExtrahopSettings): JsonObject {
  const filter: JsonObject = {
    ...(categories.length === 0 ? {} : { categories }),
    ...(riskScoreMin === undefined ? {} : { risk_score_min: riskScoreMin }),
  }
  return Object.keys(filter).length === 0 ? {} : { filter }
}

function window({ modTime, offset = 0 }: Place, limit: number): JsonObject {
  // 0 and negative numbers are counted from now.
  return {
    mod_time: Math.max(1, modTime),
    limit,
    offset,
    sort: [{ field: 'mod_time', direction: 'asc' }],
  }
}

/** Where the next poll begins once there is nothing more: a little before the latest modification. */
function restingPlace(from: Place, latest: number | null, { overlapSeconds }: ExtrahopSettings): Place {
  const overlapMs = overlapSeconds * 1000
  if (latest !== null) return { modTime: latest - overlapMs }
  return { modTime: from.offset === undefined ? from.modTime : from.modTime - overlapMs }
}

function nextPlace(from: Place, latest: number | null, count: number): Place {
  const modTime = latest ?? from.modTime
  return modTime > from.modTime ? { modTime, offset: 0 } : { ...from, offset: (from.offset ?? 0) + count }
}

function parseCursor(cursor: string | null): Place | null {
  const [, modTime, offset] = /^(-?\d{1,16})(?:\+(\d{1,9}))?$/u.exec(cursor ?? '') ?? []
  if (modTime === undefined) return null
  return { modTime: Number(modTime), ...(offset === undefined ? {} : { offset: Number(offset) }) }
}

function formatCursor({ modTime, offset }: Place): string {
  return offset === undefined ? String(Math.floor(modTime)) : `${Math.floor(modTime)}+${offset}`
}
