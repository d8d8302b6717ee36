import { defaultTrackingSettings } from '@tripline/core'
import sql, { type Sql } from 'sql-template-tag'

/** The tracking settings in force. It depends on no row, so PostgreSQL computes it once per statement. */
export const trackingSettingsSql = sql`(
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

/** The address of the ticket of a detection whose row is called `d`: its link's own, else what core's `ticketUrl` makes of the template. */
export const ticketUrlSql = sql`coalesce(
  (select l.ticket_url from ticket_links l where l.detection_id = d.detection_id and l.is_primary),
  case when d.ticket_id not in ('.', '..')
    then replace(${trackingSettingsSql} ->> 'ticketUrlTemplate', '$ticket_id', ${encodeUriComponent(sql`d.ticket_id`)})
  end
)`
