import type { Pool } from 'pg'
import sql, { raw } from 'sql-template-tag'
import type { Detection, MitreEntry } from '@tripline/core'
import { contentColumns, toDetection, type DetectionRow } from '../detections/detection-row.ts'
import { participantIds } from '../detections/participants.ts'
import { ticketUrlSql } from '../detections/ticket-url-sql.ts'
import { exactInteger } from '../formats/exact-integer.ts'
import { extrahopContent, extrahopTracking } from '../formats/to-extrahop.ts'

const columns = raw(
  [
    'detection_id',
    'source',
    'external_id',
    'create_time',
    'mod_time',
    'status',
    'resolution',
    'assignee',
    'ticket_id',
    'version',
    'hidden_by',
    ...contentColumns,
  ]
    .map((name) => `d.${name}`)
    .join(', '),
)

/** Detections as ExtraHop's API answers them, in the order of the ids; an id that nothing has is left out. */
export async function loadDetections(
  pool: Pool,
  ids: readonly string[],
  baseUrl: string,
): Promise<readonly object[]> {
  if (ids.length === 0) return []
  const { rows } = await pool.query<DetectionRow & { readonly ticket_url: string | null }>(sql`
    select ${columns}, ${ticketUrlSql} as ticket_url
    from detections d where d.detection_id = any(${ids}::bigint[])`)
  const byId = new Map(rows.map((row) => [row.detection_id, row]))
  return ids.flatMap((id) => {
    const row = byId.get(id)
    return row === undefined ? [] : [toJson(toDetection(row), row.ticket_url, baseUrl)]
  })
}

function toJson(detection: Detection, ticketUrl: string | null, baseUrl: string): object {
  const { detectionId, createTime, modTime, tracking, applianceId, url } = detection
  const ids = participantIds(detection.participants)
  const participants = detection.participants.map((participant, index) => ({
    ...participant,
    id: ids[index] ?? index + 1,
    objectType: participant.objectType ?? (participant.objectValue === null ? 'device' : 'ipaddr'),
  }))
  const complete = {
    ...detection,
    participants,
    mitreTactics: detection.mitreTactics.map(named),
    mitreTechniques: detection.mitreTechniques.map(named),
  }
  return {
    id: exactInteger(detectionId),
    create_time: createTime.getTime(),
    mod_time: modTime.getTime(),
    ...extrahopContent(complete, exactInteger),
    ...extrahopTracking(tracking),
    ticket_url: ticketUrl,
    appliance_id: applianceId ?? 0,
    url: url ?? `${baseUrl}/detections/${detectionId}`,
  }
}

/** With the name and address that clients rely on. */
function named(entry: MitreEntry): MitreEntry {
  return { ...entry, name: entry.name ?? entry.id, url: entry.url ?? '' }
}
