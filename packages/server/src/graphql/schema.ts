import type { GraphQLSchema } from 'graphql'
import { builder } from './builder.ts'
import './scalars.ts'
import './node.ts'
import './detection.ts'
import './detection-query.ts'
import './detection-facets.ts'
import './hiding-rule.ts'
import './hiding-rules.ts'
import './ticket-link.ts'
import './ticketing-connection.ts'
import './ticketing-connections.ts'
import './ticketing-plugin.ts'
import './tracking-settings.ts'
import './viewer.ts'
import './api-keys.ts'
import './ingest-detections.ts'
import './track-detections.ts'
import './add-note.ts'
import './ticket-mutations.ts'
import './link-moves.ts'
import './ticket-batches.ts'
import './detection-updated.ts'
import './ticket-sync-updated.ts'

/** Builds the schema from the types that the imports declare. */
export function buildSchema(): GraphQLSchema {
  return builder.toSchema()
}
