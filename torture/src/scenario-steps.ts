import type { IssueRecord } from '@tripline/plugin-jira/simulator'
import type { TrackedStatus } from '@tripline/core'
import { isJiraSite, type JiraSite } from './jira-site.ts'
import { waitUntil } from './wait.ts'
import type { World } from './world.ts'

const STEP_TIMEOUT_MS = 30_000

/** The first site of a world, which the scenarios know to be a Jira. */
export function firstSite({ sites }: World): JiraSite {
  const [site] = sites
  if (site === undefined || !isJiraSite(site)) throw new Error('The first site of the world is no Jira.')
  return site
}

/** Waits for a step's outcome. @throws Error naming what did not happen */
export async function expectSoon(what: string, look: () => Promise<boolean> | boolean): Promise<void> {
  if (!(await waitUntil(look, STEP_TIMEOUT_MS))) throw new Error(`Did not happen: ${what}`)
}

/** A sensor reports a detection of this name; returns its id. */
export async function deliver(world: World, externalId: string): Promise<string> {
  const query = `mutation ($input: IngestDetectionsInput!) {
    ingestDetections(input: $input) { results { detection { detectionId } } }
  }`
  const detection = {
    externalId,
    title: `Suspicious share access ${externalId}`,
    type: 'dns_tunnel',
    riskScore: 83,
    startTime: '2026-11-20T14:00:00Z',
    updateTime: '2026-11-20T15:00:00Z',
  }
  const input = { source: 'sensor', detections: [detection] }
  let detectionId = ''
  await expectSoon(`${externalId} is stored`, async () => {
    const data = await world.fleet.ask<{
      ingestDetections: { results: readonly { detection: { detectionId: string } | null }[] }
    }>(query, { input })
    detectionId = data?.ingestDetections.results[0]?.detection?.detectionId ?? ''
    return detectionId !== ''
  })
  return detectionId
}

/** A person changes a status at the gateway. */
export async function track(
  world: World,
  detectionId: string,
  status: TrackedStatus['status'],
): Promise<void> {
  const query = `mutation ($input: UpdateDetectionTrackingInput!) {
    updateDetectionTracking(input: $input) { results { error { code } } }
  }`
  const input = { detectionIds: [detectionId], status: status.toUpperCase() }
  await expectSoon(
    `the detection is ${status}`,
    async () => (await world.fleet.ask(query, { input })) !== null,
  )
}

/** A person adds a note for the ticket. */
export async function addNote(world: World, detectionId: string, text: string): Promise<void> {
  const query = `mutation ($input: AddDetectionNoteInput!) { addDetectionNote(input: $input) { note { id } } }`
  await world.fleet.ask(query, { input: { detectionId, text, visibility: 'TICKET' } })
}

/** The status of a detection as it is stored. */
export async function statusOf({ database }: World, detectionId: string): Promise<string> {
  const { status } = await database
    .selectFrom('detections')
    .select('status')
    .where('detection_id', '=', detectionId)
    .executeTakeFirstOrThrow()
  return status
}

/** The ticket of a detection, once both sides agree and nothing waits. */
export async function settledTicket(world: World, detectionId: string): Promise<Readonly<IssueRecord>> {
  let issue: Readonly<IssueRecord> | null = null
  await expectSoon('the ticket and the detection agree', async () => {
    const link = await world.database
      .selectFrom('ticket_links')
      .selectAll()
      .where('detection_id', '=', detectionId)
      .executeTakeFirst()
    const rests = link?.sync_state === 'in_sync' && link.next_attempt_at === null && link.remote_id !== null
    issue = rests ? firstSite(world).jira.issue(link.remote_id ?? '') : null
    return issue !== null
  })
  if (issue === null) throw new Error('There is no ticket.')
  return issue
}
