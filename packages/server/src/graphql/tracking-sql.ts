import { detectionStatuses } from '@tripline/core'
import sql from 'sql-template-tag'
import { actorKind, permissions } from '../access/principal.ts'
import { trackingSettingsSql } from '../detections/ticket-url-sql.ts'
import { ViewerValue } from './sql/field-sql.ts'

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
  from (select ${trackingSettingsSql} as settings) tracking, unnest(${detectionStatuses}::text[]) source(status)
  where (${mayTrackAsPerson} and (tracking.settings ->> 'internalTracking')::boolean)
    or (${mayTrackAsIntegration} and (tracking.settings ->> 'externalTracking')::boolean)
)`

/** The statuses that the viewer may set now, as core's `allowedTransitions` has them. */
export const allowedTransitionsSql = sql`coalesce(${transitionsByStatus} -> d.status, '[]')`
