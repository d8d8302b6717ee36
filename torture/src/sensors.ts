import type { Chance } from './chance.ts'
import type { World } from './world.ts'

const INGEST = `mutation ($input: IngestDetectionsInput!) {
  ingestDetections(input: $input) { results { index outcome detection { detectionId } error { code } } error { code } }
}`

interface Report {
  readonly externalId: string
  readonly title: string
  readonly type: string
  readonly riskScore: number
  readonly startTime: string
  readonly updateTime: string
}

/** What a sensor sends: new detections, news of known ones, old news late, and the same twice, at once, to two servers. */
export async function actAsSensor(world: World, chance: Chance): Promise<void> {
  const count = chance.integer(1, 4)
  const reports = Array.from({ length: count }, () => nextReport(world, chance))
  const times = chance.happens(0.4) ? 2 : 1
  await Promise.all(Array.from({ length: times }, () => deliver(world, reports)))
}

/** Makes sure that there is something to work on. */
export async function deliverFirst(world: World, chance: Chance, count: number): Promise<void> {
  const reports = Array.from({ length: count }, () =>
    report(world, `detection-${++world.externalIds}`, chance),
  )
  while (world.detectionIds.length < count) await deliver(world, reports)
}

function nextReport(world: World, chance: Chance): Report {
  const isNew = world.externalIds < world.options.detections && chance.happens(0.5)
  const number = isNew ? ++world.externalIds : chance.integer(1, Math.max(1, world.externalIds))
  return report(world, `detection-${number}`, chance)
}

function report(world: World, externalId: string, chance: Chance): Report {
  // Each report has an instant of its own, so that it is certain which one is the newest; some are old when they come.
  const late = chance.happens(0.25) ? chance.integer(1, 600) * 1_000 : 0
  const updateTime = Math.floor((Date.now() - late) / 1_000) * 1_000 + (++world.reportCount % 1_000)
  const sent = {
    externalId,
    title: `Suspicious share access, report ${world.reportCount}`,
    type: chance.one(['cifs_share_access', 'dns_tunnel']),
    riskScore: chance.integer(1, 99),
    startTime: '2026-11-20T14:00:00Z',
    updateTime: new Date(updateTime).toISOString(),
  }
  world.reports.set(`${externalId} ${updateTime}`, sent.title)
  return sent
}

async function deliver(world: World, reports: readonly Report[]): Promise<void> {
  const data = await world.fleet.ask<{
    ingestDetections: {
      results: readonly { index: number; outcome: string | null; detection: { detectionId: string } | null }[]
    }
  }>(INGEST, { input: { source: 'sensor', detections: reports } })
  if (data === null) {
    world.log.unanswered += 1
    return
  }
  for (const { index, outcome, detection } of data.ingestDetections.results) {
    const sent = reports[index]
    if (outcome === null || detection === null || sent === undefined) continue
    const { detectionId } = detection
    if (!world.detectionIds.includes(detectionId)) world.detectionIds.push(detectionId)
    const { externalId, updateTime } = sent
    world.log.reports.push({ detectionId, externalId, updateTime: Date.parse(updateTime) })
  }
}
