import type { Migration } from 'kysely/migration'

/**
 * Every migration by its name, which is its file's and decides the order: `0001-detections`.
 *
 * Listed rather than read from the folder, so that a bundled program has them too. What has been released is never
 * changed or removed. There is only `up`: going back means restoring a backup, because undoing a migration would
 * drop data that was written since.
 */
export const migrations: Readonly<Record<string, Migration>> = {}
