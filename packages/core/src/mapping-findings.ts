import { detectionStatuses, resolutions } from './detection-status.ts'
import { isAt, statusTarget, type SyncMappings } from './sync-mappings.ts'
import type { ConnectionDescription, ConnectionFinding, ConnectionNeeds } from './ticketing-adapter.ts'

/** What a connection's mappings will ask of its ticketing system. */
export function connectionNeeds(mappings: SyncMappings): ConnectionNeeds {
  const outcomes = [...resolutions, 'none' as const].map(
    (name) => mappings.outcomes.outbound[name] ?? { resolutionId: null, fields: {} },
  )
  return {
    createFields: Object.keys(mappings.template.fields),
    outcomes: outcomes.map(({ resolutionId, fields }) => ({ resolutionId, fields: Object.keys(fields) })),
    accounts: mappings.identities.map(({ username, accountId }) => ({ username, accountId })),
  }
}

/**
 * What is wrong with mappings, given what the ticketing system has: ids that do not exist there, statuses that nothing
 * can be at, and mappings that contradict each other. Empty: nothing.
 */
export function mappingFindings(
  mappings: SyncMappings,
  system: ConnectionDescription,
): readonly ConnectionFinding[] {
  return [
    ...outboundFindings(mappings, system),
    ...inboundFindings(mappings, system),
    ...idFindings(mappings, system),
    ...contradictions(mappings, system),
  ]
}

function outboundFindings(mappings: SyncMappings, { statuses }: ConnectionDescription): ConnectionFinding[] {
  return detectionStatuses.flatMap((status) => {
    const target = statusTarget(mappings, status)
    if (target === null) return []
    const subject = `mapping:status.outbound.${status}`
    const missing = target.via.find((id) => statuses.every((known) => known.id !== id))
    if (missing !== undefined) {
      return [
        error(
          subject,
          `The way for ${status} leads through the status ${missing}, which does not exist.`,
          statuses,
        ),
      ]
    }
    if (statuses.some((known) => isAt(known, target))) return []
    const wanted = 'id' in target ? `status ${target.id}` : `status of the category ${target.category}`
    return [error(subject, `${status} leads to a ${wanted}, and there is none.`, statuses)]
  })
}

function inboundFindings(mappings: SyncMappings, { statuses }: ConnectionDescription): ConnectionFinding[] {
  return Object.keys(mappings.status.inbound)
    .filter((id) => statuses.every((known) => known.id !== id))
    .map((id) => error(`mapping:status.inbound.${id}`, `There is no status with the id ${id}.`, statuses))
}

function idFindings(mappings: SyncMappings, system: ConnectionDescription): ConnectionFinding[] {
  const outcomes = [...resolutions, 'none' as const].flatMap((name) => {
    const resolutionId = mappings.outcomes.outbound[name]?.resolutionId ?? null
    if (resolutionId === null || system.resolutions.some(({ id }) => id === resolutionId)) return []
    return [
      error(
        `mapping:outcomes.outbound.${name}`,
        `There is no resolution with the id ${resolutionId}.`,
        system.resolutions,
      ),
    ]
  })
  const inbound = Object.keys(mappings.outcomes.inbound)
    .filter((id) => system.resolutions.every((known) => known.id !== id))
    .map((id) =>
      error(
        `mapping:outcomes.inbound.${id}`,
        `There is no resolution with the id ${id}.`,
        system.resolutions,
      ),
    )
  const priorities = mappings.priorities
    .filter(({ priorityId }) => system.priorities.every(({ id }) => id !== priorityId))
    .map(({ priorityId }) =>
      error(
        `mapping:priorities.${priorityId}`,
        `There is no priority with the id ${priorityId}.`,
        system.priorities,
      ),
    )
  return [...outcomes, ...inbound, ...priorities]
}

/**
 * Statuses of ours that may bring a ticket to a status which, by its id, means another one of ours: both sides then
 * stand for different things and neither notices.
 */
function contradictions(mappings: SyncMappings, { statuses }: ConnectionDescription): ConnectionFinding[] {
  return detectionStatuses.flatMap((status) => {
    const target = statusTarget(mappings, status)
    if (target === null || 'id' in target) return []
    const reachable = statuses.filter((known) => isAt(known, target))
    const other = reachable.find(({ id }) => (mappings.status.inbound[id] ?? status) !== status)
    if (other === undefined || !(status in mappings.status.outbound)) return []
    return [
      {
        severity: 'warning',
        subject: `mapping:status.outbound.${status}`,
        message: `${status} leads to any status of the category ${target.category}, and ${other.name} (${other.id}) of that category means ${mappings.status.inbound[other.id]}.`,
        remedy: 'Name the status it leads to by its id.',
      },
    ]
  })
}

function error(
  subject: string,
  message: string,
  known: readonly { readonly id: string; readonly name: string }[],
): ConnectionFinding {
  const choices = known.map(({ id, name }) => `${name} (${id})`).join(', ')
  return { severity: 'error', subject, message, remedy: `Use one of: ${choices || 'none exists'}.` }
}
