import type { Chance } from './chance.ts'
import type { AcknowledgedChange } from './edit-log.ts'
import { colleagues } from './site.ts'
import type { World } from './world.ts'

const TRACK = `mutation ($input: UpdateDetectionTrackingInput!) {
  updateDetectionTracking(input: $input) { results { detectionId changed error { code } } }
}`
const NOTE = `mutation ($input: AddDetectionNoteInput!) {
  addDetectionNote(input: $input) { note { id } error { code } }
}`
const LINKS = `query ($id: DetectionId!) {
  detection(detectionId: $id) { ticketLinks { id state syncState connection { id } conflicts { field winner } } }
}`

interface LinkShown {
  readonly id: string
  readonly state: string
  readonly syncState: string
  readonly connection: { readonly id: string }
  readonly conflicts: readonly { readonly field: string; readonly winner: string | null }[]
}

/** One thing that a person does at the gateway, through whichever server answers. */
export async function actHere(world: World, chance: Chance): Promise<void> {
  if (world.detectionIds.length === 0) return
  const act = chance.weighted([
    [55, trackOne],
    [8, trackMany],
    [15, addNote],
    [12, workOnLink],
  ])
  await act(world, chance)
}

type Change = Pick<AcknowledgedChange, 'status' | 'resolution' | 'assignee'>

function anyChange(chance: Chance): Change {
  if (chance.happens(0.35)) return { assignee: chance.happens(0.2) ? null : anybody(chance) }
  const status = chance.one(['open', 'acknowledged', 'in_progress', 'closed'] as const)
  const resolution =
    status === 'closed' ? { resolution: chance.one(['action_taken', 'no_action_taken', null] as const) } : {}
  return { status, ...resolution, ...(chance.happens(0.15) ? { assignee: anybody(chance) } : {}) }
}

function anybody(chance: Chance): string {
  return chance.happens(0.02) ? 'somebody.unknown.there' : chance.one(colleagues)
}

async function trackOne(world: World, chance: Chance): Promise<void> {
  await track(world, [chance.one(world.detectionIds)], anyChange(chance))
}

async function trackMany(world: World, chance: Chance): Promise<void> {
  const ids = new Set(Array.from({ length: chance.integer(3, 12) }, () => chance.one(world.detectionIds)))
  await track(world, [...ids], anyChange(chance))
}

async function track(world: World, detectionIds: readonly string[], change: Change): Promise<void> {
  const input = {
    detectionIds,
    ...(change.status === undefined ? {} : { status: change.status.toUpperCase() }),
    ...(change.resolution === undefined ? {} : { resolution: change.resolution?.toUpperCase() ?? null }),
    ...(change.assignee === undefined ? {} : { assignee: change.assignee }),
  }
  const sentAt = Date.now()
  const data = await world.fleet.ask<{
    updateDetectionTracking: {
      results: readonly { detectionId: string; changed: boolean; error: { code: string } | null }[]
    }
  }>(TRACK, { input })
  const answeredAt = Date.now()
  if (data === null) world.log.unanswered += 1
  for (const { detectionId, error } of data?.updateDetectionTracking.results ?? []) {
    if (error === null) world.log.changes.push({ detectionId, ...change, sentAt, answeredAt })
    else world.log.refused += 1
  }
}

async function addNote(world: World, chance: Chance): Promise<void> {
  const detectionId = chance.one(world.detectionIds)
  const input = { detectionId, text: `Looked at it, ${chance.integer(1, 1_000_000)}.`, visibility: 'TICKET' }
  const data = await world.fleet.ask<{ addDetectionNote: { note: { id: string } | null } }>(NOTE, { input })
  if (data === null) world.log.unanswered += 1
  else if (data.addDetectionNote.note === null) world.log.refused += 1
  else world.log.notes.push({ noteId: data.addDetectionNote.note.id, detectionId })
}

/** Whatever the link's state allows: unlink, ask again, link by hand, retry, decide a conflict. */
async function workOnLink(world: World, chance: Chance): Promise<void> {
  const detectionId = chance.one(world.detectionIds)
  const shown = await world.fleet.ask<{ detection: { ticketLinks: readonly LinkShown[] } | null }>(LINKS, {
    id: detectionId,
  })
  const links = shown?.detection?.ticketLinks ?? []
  if (links.length === 0) return
  const link = chance.one(links)
  const open = link.conflicts.find(({ winner }) => winner === null)
  if (open !== undefined) {
    const input = { linkId: link.id, field: open.field, winner: chance.one(['OURS', 'THEIRS']) }
    return await ask(world, 'resolveSyncConflict', 'ResolveSyncConflictInput!', input)
  }
  const place = { detectionId, connectionId: link.connection.id }
  if (link.state === 'DETACHED') {
    const site = world.siteOf(link.connection.id)
    if (chance.happens(0.5)) return await ask(world, 'createTicket', 'TicketPlaceInput!', place)
    const key = site.people.create(`Made by hand, ${chance.integer(1, 1_000_000)}`)
    return await ask(world, 'linkTicket', 'LinkTicketInput!', { ...place, reference: key })
  }
  await askOf(world, chance.happens(0.6) ? 'retryTicketSync' : 'unlinkTicket', link.id)
}

async function ask(world: World, mutation: string, type: string, input: object): Promise<void> {
  const query = `mutation ($input: ${type}) { ${mutation}(input: $input) { error { code } } }`
  count(world, (await world.fleet.ask(query, { input })) !== null)
}

async function askOf(world: World, mutation: string, linkId: string): Promise<void> {
  const query = `mutation ($linkId: ID!) { ${mutation}(linkId: $linkId) { error { code } } }`
  count(world, (await world.fleet.ask(query, { linkId })) !== null)
}

function count({ log }: World, answered: boolean): void {
  if (answered) log.linkActions += 1
  else log.unanswered += 1
}
