import type { Route } from '../http/router.ts'
import { openapiRoute } from './openapi.ts'
import { detectionFormatRoutes } from './resources/detection-formats.ts'
import { detectionNoteRoutes } from './resources/detection-notes.ts'
import { detectionTicketRoutes } from './resources/detection-tickets.ts'
import { detectionRoutes } from './resources/detections.ts'
import { hidingRuleRoutes } from './resources/hiding-rules.ts'
import { odsTargetRoutes } from './resources/ods-targets.ts'
import { systemRoutes } from './resources/system.ts'
import { ticketingRoutes } from './resources/ticketing.ts'
import { triggerRoutes } from './resources/triggers.ts'
import type { RestDeps } from './rest-deps.ts'
import type { RestRoute } from './rest-route.ts'
import { serveRest, type ServeRestDeps } from './serve-rest.ts'
import { tokenRoute } from './token-route.ts'

/** One table for each resource; paths without named parts come before those that would match them too. */
export function restRoutes(deps: RestDeps): readonly RestRoute[] {
  return [
    ...detectionTicketRoutes(deps),
    ...detectionFormatRoutes(deps),
    ...hidingRuleRoutes(deps),
    ...detectionRoutes(deps),
    ...detectionNoteRoutes(deps),
    ...ticketingRoutes(deps),
    ...odsTargetRoutes(deps),
    ...triggerRoutes(deps),
    ...systemRoutes(deps),
  ]
}

/** The API that clients of ExtraHop speak: `/api/v1`, and `/oauth2/token`. */
export function extrahopRoutes(
  deps: RestDeps & ServeRestDeps & { readonly version: string },
): readonly Route[] {
  const routes = restRoutes(deps)
  return [...serveRest(deps, [...routes, openapiRoute(routes, deps.version)]), tokenRoute(deps)]
}
