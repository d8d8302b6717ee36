import type { Migration } from 'kysely/migration'
import * as detections from './0001-detections.ts'
import * as ticketing from './0002-ticketing.ts'
import * as access from './0003-access.ts'
import * as hidingRules from './0004-hiding-rules.ts'
import * as streamTargets from './0005-stream-targets.ts'
import * as linkMoves from './0006-link-moves.ts'
import * as triggers from './0007-triggers.ts'
import * as sources from './0008-sources.ts'
import * as connectionWatches from './0009-connection-watches.ts'

/**
 * Every migration by its name, which is its file's and decides the order: `0001-detections`.
 *
 * Listed rather than read from the folder, so that a bundled program has them too. What has been released is never
 * changed or removed. There is only `up`: going back means restoring a backup, because undoing a migration would
 * drop data that was written since.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-detections': detections,
  '0002-ticketing': ticketing,
  '0003-access': access,
  '0004-hiding-rules': hidingRules,
  '0005-stream-targets': streamTargets,
  '0006-link-moves': linkMoves,
  '0007-triggers': triggers,
  '0008-sources': sources,
  '0009-connection-watches': connectionWatches,
}
