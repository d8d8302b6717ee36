import { InvalidInput, type TicketingRulesInput } from '@tripline/core'
import { startJiraSimulator, type JiraSimulator } from '@tripline/plugin-jira/simulator'
import { describe, expect, test } from 'vitest'
import { createConnection, updateConnection } from '../../src/tracking/connections.ts'
import {
  getLinkMove,
  listLinkMoves,
  previewLinkMove,
  startLinkMove,
  stopLinkMove,
} from '../../src/tracking/link-moves.ts'
import { createTicket } from '../../src/tracking/links.ts'
import { moveNextLinks } from '../../src/tracking/move-links.ts'
import { report, sam, startGateway, until, type GatewayOptions, type GatewayWorld } from './gateway-world.ts'

const TOKEN = 'tok-5ecret-0f-tripline'

interface Company extends AsyncDisposable {
  readonly gateway: GatewayWorld
  readonly destination: JiraSimulator
  readonly plan: {
    readonly fromConnectionId: string
    readonly toConnectionId: string
    readonly includeClosed: boolean
    readonly readFirst: boolean
  }
}

/** A gateway with a Jira that is to be left, and another one. */
async function startCompany(
  options: GatewayOptions = {},
  rulesThere: TicketingRulesInput = [],
): Promise<Company> {
  await using stack = new AsyncDisposableStack()
  const gateway = stack.use(await startGateway(options))
  const destination = await startJiraSimulator({ flavour: 'cloud', tokens: { tripline: TOKEN } })
  stack.defer(() => destination.close())
  const { connection } = await createConnection(
    gateway.deps,
    {
      name: 'New Jira',
      plugin: 'jira',
      settings: {
        baseUrl: destination.url,
        deployment: 'cloud',
        email: 'tripline@example.com',
        apiToken: TOKEN,
        projectKey: 'SEC',
        issueType: 'Task',
        timeoutMs: 2_000,
      },
      mappings: {},
      rules: rulesThere,
      policies: {},
    },
    sam,
  )
  const parts = stack.move()
  return {
    gateway,
    destination,
    plan: {
      fromConnectionId: gateway.connectionId,
      toConnectionId: connection.connectionId,
      includeClosed: false,
      readFirst: true,
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

async function linksOf({ database }: GatewayWorld, detectionId: string) {
  return await database
    .selectFrom('ticket_links')
    .selectAll()
    .where('detection_id', '=', detectionId)
    .orderBy('created_at')
    .execute()
}

async function untilDone({ database }: GatewayWorld, moveId: string) {
  return await until(async () => {
    const move = await getLinkMove(database, moveId)
    return move.state === 'running' ? null : move
  }, 20_000)
}

describe('a move', () => {
  test('creates tickets that name the old ones, which are not followed any more', async () => {
    await using company = await startCompany()
    const { gateway, destination, plan } = company
    const detectionId = await gateway.ingest(report('a'))
    const old = await gateway.settledIssue(detectionId)
    expect(await previewLinkMove(gateway.database, plan)).toEqual({
      links: 1,
      alreadyThere: 0,
      closedLeft: 0,
    })

    const { moveId } = await startLinkMove(gateway.database, plan, sam)
    expect(await untilDone(gateway, moveId)).toMatchObject({ state: 'done', moved: 1, left: 0 })
    const [left, arrived] = await until(async () => {
      const links = await linksOf(gateway, detectionId)
      return links[1]?.sync_state === 'in_sync' ? links : null
    })
    expect(left).toMatchObject({ state: 'detached', is_primary: false, reason: { code: 'MOVED' } })
    expect(arrived).toMatchObject({ state: 'active', is_primary: true })
    const issue = destination.issue(arrived?.remote_id ?? '')
    expect(JSON.stringify(issue?.description)).toContain(old.key)
    expect(await gateway.detection(detectionId)).toMatchObject({ ticket_id: issue?.key })
    expect((await gateway.events(detectionId)).map(({ kind }) => kind)).toContain('TICKET_UNLINKED')
  })

  test('takes what was changed in a ticket before it leaves it', async () => {
    await using company = await startCompany()
    const { gateway, destination, plan } = company
    const detectionId = await gateway.ingest(report('a'))
    const { key } = await gateway.settledIssue(detectionId)
    gateway.jira.transitionAsPerson(key, 'In Progress')

    const { moveId } = await startLinkMove(gateway.database, plan, sam)
    await untilDone(gateway, moveId)
    expect(await gateway.detection(detectionId)).toMatchObject({ status: 'in_progress' })
    await until(async () => destination.issues()[0]?.statusId === '3')
  })

  test('leaves the tickets of closed detections where they are, unless they are asked for', async () => {
    await using company = await startCompany()
    const { gateway, destination, plan } = company
    const detectionId = await gateway.ingest(report('a'))
    await gateway.settledIssue(detectionId)
    await gateway.track(detectionId, { status: 'closed', resolution: 'action_taken' })
    await gateway.settledIssue(detectionId)
    expect(await previewLinkMove(gateway.database, plan)).toEqual({
      links: 0,
      alreadyThere: 0,
      closedLeft: 1,
    })
    const first = await startLinkMove(gateway.database, plan, sam)
    expect(await untilDone(gateway, first.moveId)).toMatchObject({ moved: 0 })
    expect(destination.issues()).toEqual([])

    const second = await startLinkMove(gateway.database, { ...plan, includeClosed: true }, sam)
    expect(await untilDone(gateway, second.moveId)).toMatchObject({ moved: 1 })
    await until(async () => destination.issues()[0]?.statusId === '10002')
  })

  test('creates no other ticket where the detection has one already, and makes that the one that counts', async () => {
    await using company = await startCompany({}, [{ name: 'everything' }])
    const { gateway, destination, plan } = company
    const detectionId = await gateway.ingest(report('a'))
    await until(async () =>
      (await linksOf(gateway, detectionId)).every((link) => link.sync_state === 'in_sync'),
    )
    expect(await previewLinkMove(gateway.database, plan)).toMatchObject({ links: 1, alreadyThere: 1 })
    const { moveId } = await startLinkMove(gateway.database, plan, sam)
    await untilDone(gateway, moveId)
    expect(destination.issues()).toHaveLength(1)
    expect(await gateway.detection(detectionId)).toMatchObject({ ticket_id: destination.issues()[0]?.key })
    const kept = (await linksOf(gateway, detectionId)).filter(({ state }) => state !== 'detached')
    expect(kept).toMatchObject([{ connection_id: plan.toConnectionId, is_primary: true }])
  })

  test('goes on where it was when the servers were gone, and moves nothing twice', async () => {
    await using company = await startCompany({ working: false })
    const { gateway, destination, plan } = company
    const count = 130
    await gateway.ingest(...Array.from({ length: count }, (_, index) => report(`d${index}`)))
    const { moveId } = await startLinkMove(gateway.database, { ...plan, readFirst: false }, sam)
    await moveNextLinks(gateway.database, moveId)
    expect(await getLinkMove(gateway.database, moveId)).toMatchObject({
      state: 'running',
      moved: 100,
      left: 30,
    })

    await gateway.work()
    expect(await untilDone(gateway, moveId)).toMatchObject({ state: 'done', moved: count })
    await until(async () => destination.issues().length === count, 30_000)
    expect(gateway.jira.issues()).toEqual([])
    expect(await moveNextLinks(gateway.database, moveId)).toBeUndefined()
    expect(await getLinkMove(gateway.database, moveId)).toMatchObject({ moved: count })
  })

  test('that is stopped leaves the rest where it is', async () => {
    await using company = await startCompany({ working: false })
    const { gateway, plan } = company
    await gateway.ingest(...Array.from({ length: 101 }, (_, index) => report(`d${index}`)))
    const { moveId } = await startLinkMove(gateway.database, { ...plan, readFirst: false }, sam)
    await moveNextLinks(gateway.database, moveId)
    expect(await stopLinkMove(gateway.database, moveId, sam)).toMatchObject({ state: 'stopped', moved: 100 })
    await moveNextLinks(gateway.database, moveId)
    expect(await listLinkMoves(gateway.database, 5)).toMatchObject([{ moveId, state: 'stopped', moved: 100 }])
  })
})

describe('a move is refused', () => {
  test('to where the tickets are already, or where no calls are made', async () => {
    await using company = await startCompany({ working: false })
    const { gateway, plan } = company
    const refusal = (change: Partial<typeof plan>) =>
      startLinkMove(gateway.database, { ...plan, ...change }, sam).then(
        () => null,
        (error: unknown) => (error instanceof InvalidInput ? error.issues.map(({ path }) => path) : error),
      )
    expect(await refusal({ toConnectionId: plan.fromConnectionId })).toEqual(['toConnectionId'])
    await updateConnection(gateway.deps, plan.toConnectionId, { enabled: false }, sam)
    expect(await refusal({})).toEqual(['toConnectionId'])
    await updateConnection(gateway.deps, plan.toConnectionId, { enabled: true }, sam)
    await updateConnection(gateway.deps, plan.fromConnectionId, { enabled: false }, sam)
    expect(await refusal({})).toEqual(['readFirst'])
    expect(await refusal({ readFirst: false })).toBeNull()
    expect(await refusal({ readFirst: false })).toEqual(['fromConnectionId'])
  })
})

test('a detection with a ticket in each of two systems has the changes of both, and of each in the other', async () => {
  await using company = await startCompany({}, [])
  const { gateway, destination, plan } = company
  const detectionId = await gateway.ingest(report('a'))
  const first = await gateway.settledIssue(detectionId)
  await createTicket(gateway.deps, { detectionId, connectionId: plan.toConnectionId }, sam)
  const second = await until(async () => {
    const link = (await linksOf(gateway, detectionId))[1]
    return link?.sync_state === 'in_sync' ? destination.issues()[0] : null
  })
  expect(await gateway.detection(detectionId)).toMatchObject({ ticket_id: first.key })

  await gateway.track(detectionId, { status: 'in_progress' })
  await until(async () => gateway.jira.issue(first.id)?.statusId === '3')
  await until(async () => destination.issue(second.id)?.statusId === '3')
})
