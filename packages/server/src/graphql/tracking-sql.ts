import { defaultTrackingSettings, detectionStatuses } from '@tripline/core'
import sql, { type Sql } from 'sql-template-tag'
import { actorKind, permissions } from '../access/principal.ts'
import { ViewerValue } from './sql/field-sql.ts'

/** The tracking settings in force. It depends on no row, so PostgreSQL computes it once per statement. */
const settings = sql`(
  select ${JSON.stringify(defaultTrackingSettings)}::jsonb || coalesce((select settings from tracking_settings), '{}')
)`

/** What JavaScript's `encodeURIComponent` leaves as it is. */
const UNRESERVED = `[A-Za-z0-9_.!~*'()-]`

/** A text as `encodeURIComponent` gives it. */
function encodeUriComponent(text: Sql): Sql {
  return sql`
    case when ${text} collate "C" ~ ${`^${UNRESERVED}*$`} then ${text} else (
      select string_agg(
        case when code < 128 and chr(code) collate "C" ~ ${UNRESERVED} then chr(code)
        else '%' || upper(lpad(to_hex(code), 2, '0')) end,
        '' order by place
      )
      from (select convert_to(${text}, 'UTF8') as bytes offset 0) encoded,
        generate_series(0, octet_length(encoded.bytes) - 1) place,
        lateral (select get_byte(encoded.bytes, place) as code) byte
    ) end`
}

/** The address of a detection's ticket: its link's own, else what core's `ticketUrl` makes of the template. */
export const ticketUrlSql = sql`coalesce(
  (select l.ticket_url from ticket_links l where l.detection_id = d.detection_id and l.is_primary),
  case when d.ticket_id not in ('.', '..')
    then replace(${settings} ->> 'ticketUrlTemplate', '$ticket_id', ${encodeUriComponent(sql`d.ticket_id`)})
  end
)`

const mayTrackAsPerson = new ViewerValue(
  (viewer) => permissions[viewer.role].includes('track') && actorKind(viewer) === 'person',
)
const mayTrackAsIntegration = new ViewerValue(
  (viewer) => permissions[viewer.role].includes('track') && actorKind(viewer) === 'integration',
)

/** For each status those that may follow it, for the viewer; empty while the settings keep the viewer from tracking. */
const transitionsByStatus = sql`(
  select jsonb_object_agg(source.status, (
    select coalesce(jsonb_agg(upper(target.status) order by target.place), '[]')
    from unnest(${detectionStatuses}::text[]) with ordinality target(status, place)
    where (tracking.settings -> 'transitions' -> source.status) ? target.status
      and (target.status <> 'new' or ${mayTrackAsIntegration})
  ))
  from (select ${settings} as settings) tracking, unnest(${detectionStatuses}::text[]) source(status)
  where (${mayTrackAsPerson} and (tracking.settings ->> 'internalTracking')::boolean)
    or (${mayTrackAsIntegration} and (tracking.settings ->> 'externalTracking')::boolean)
)`

/** The statuses that the viewer may set now, as core's `allowedTransitions` has them. */
export const allowedTransitionsSql = sql`coalesce(${transitionsByStatus} -> d.status, '[]')`
