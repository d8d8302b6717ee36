import { expect, test } from 'vitest'
import { previewTrackingSettings, updateTrackingSettings } from '../../src/tracking/tracking-settings.ts'
import { report, sam, startGateway, statusOf, until } from './gateway-world.ts'

const off = { externalTracking: false }
const on = { externalTracking: true }

test('turning external tracking off converts what tickets had set, and keeps the links to be looked at', async () => {
  await using gateway = await startGateway()
  const detectionId = await gateway.ingest(report('a'))
  const { key } = await gateway.settledIssue(detectionId)
  expect((await gateway.detection(detectionId)).status).toBe('new')

  const preview = await previewTrackingSettings(gateway.database, off)
  expect(preview.conversion).toMatchObject({ statusesConverted: 1, linksDetached: 1 })
  expect((await gateway.detection(detectionId)).status).toBe('new')

  await updateTrackingSettings(gateway.database, off, { reattach: false }, sam)
  const link = await until(async () => {
    const row = await gateway.link(detectionId)
    return row.state === 'detached' ? row : null
  })
  expect(link).toMatchObject({ ticket_key: key, reason: { code: 'EXTERNAL_TRACKING_OFF' } })
  expect(await gateway.detection(detectionId)).toMatchObject({ status: 'open', ticket_id: key })
  const kinds = (await gateway.events(detectionId)).map(({ kind }) => kind)
  expect(kinds).toContain('TICKET_UNLINKED')
})

test('while external tracking is off, changes of the ticket are ignored and people may track', async () => {
  await using gateway = await startGateway({ webhooks: true, pollIntervalMs: 100 })
  const detectionId = await gateway.ingest(report('a'))
  const { key } = await gateway.settledIssue(detectionId)
  await updateTrackingSettings(gateway.database, off, { reattach: false }, sam)
  await until(async () => (await gateway.link(detectionId)).state === 'detached')
  gateway.jira.transitionAsPerson(key, 'Done')
  await gateway.track(detectionId, { assignee: 'mlindqvist@example.com' })
  gateway.jira.clearRequests()
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(gateway.jira.requests()).toEqual([])
  expect(await gateway.detection(detectionId)).toMatchObject({
    status: 'open',
    assignee: 'mlindqvist@example.com',
  })
})

test('turning it on again and re-attaching merges what both sides did meanwhile', async () => {
  await using gateway = await startGateway()
  const detectionId = await gateway.ingest(report('a'))
  const { key } = await gateway.settledIssue(detectionId)
  await updateTrackingSettings(gateway.database, off, { reattach: false }, sam)
  await until(async () => (await gateway.link(detectionId)).state === 'detached')
  gateway.jira.transitionAsPerson(key, 'In Progress')
  await gateway.track(detectionId, { assignee: 'mlindqvist@example.com' })

  const again = await updateTrackingSettings(gateway.database, on, { reattach: true }, sam)
  expect(again.conversion.linksReattachable).toBe(1)
  const issue = await gateway.settledIssue(detectionId)
  expect(issue.assignee).toBe(gateway.jira.user('mlindqvist').accountId)
  expect(await gateway.detection(detectionId)).toMatchObject({
    status: 'in_progress',
    assignee: 'mlindqvist@example.com',
    ticket_id: key,
  })
  await gateway.track(detectionId, { status: 'closed' })
  expect(statusOf(await gateway.settledIssue(detectionId))).toBe('Done')
  expect(gateway.jira.issues()).toHaveLength(1)
})

test('a conversion of many detections goes on in batches and ends when external tracking returns', async () => {
  await using gateway = await startGateway({ working: false, rules: [] })
  const reports = Array.from({ length: 2_500 }, (_, index) =>
    report(`d${index}`, { tracking: { status: 'new' } }),
  )
  await gateway.ingest(...reports)
  await updateTrackingSettings(gateway.database, off, { reattach: false }, sam)
  await gateway.work()
  const left = async (): Promise<number> => {
    const rows = await gateway.database
      .selectFrom('detections')
      .select('detection_id')
      .where('status', '=', 'new')
      .execute()
    return rows.length
  }
  await until(async () => (await left()) === 0)
  const changes = await gateway.database
    .selectFrom('detection_events')
    .select('detection_id')
    .where('kind', '=', 'TRACKING_CHANGED')
    .execute()
  expect(new Set(changes.map(({ detection_id }) => detection_id)).size).toBe(2_500)
  const state = await gateway.database
    .selectFrom('tracking_settings')
    .select('converted_up_to')
    .executeTakeFirstOrThrow()
  expect(state.converted_up_to).toBe(null)
})

test('settings that cannot be taken are refused whole, naming every problem', async () => {
  await using gateway = await startGateway({ working: false })
  const update = (patch: object): Promise<unknown> =>
    updateTrackingSettings(gateway.database, patch, { reattach: false }, sam)
  await expect(update({ ticketUrlTemplate: 'https://jira.example.com/browse/' })).rejects.toMatchObject({
    code: 'INVALID_SETTINGS',
    message: expect.stringContaining('$ticket_id'),
  })
  await expect(update({ ticketUrlTemplate: 'javascript:alert($ticket_id)' })).rejects.toMatchObject({
    code: 'INVALID_SETTINGS',
    message: expect.stringContaining('javascript:'),
  })
  expect((await previewTrackingSettings(gateway.database, {})).settings.ticketUrlTemplate).toBe(null)
})
