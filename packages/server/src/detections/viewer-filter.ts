import { forViewer, type DetectionFilter } from '@tripline/core'
import type { Principal } from '../access/principal.ts'

/** A filter in which `me` is whoever asks, and nobody for integrations. */
export function filterFor(filter: DetectionFilter, viewer: Pick<Principal, 'username'>): DetectionFilter {
  if (viewer.username !== null) return forViewer(filter, viewer.username)
  const { assignee } = filter
  return assignee?.me === true
    ? { ...filter, assignee: { ...assignee, me: false, anyOf: assignee.anyOf ?? [] } }
    : filter
}
