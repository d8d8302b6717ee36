import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { allowedTransitions, detectionStatuses, ticketUrl, type TransitionTable } from '@tripline/core'
import { updateTrackingSettings } from '../../src/tracking/tracking-settings.ts'
import { origin, startGraphqlServer, type GraphqlServer } from './graphql-server.ts'

let server: GraphqlServer
beforeAll(async () => {
  server = await startGraphqlServer()
})
afterAll(() => server[Symbol.asyncDispose]())

async function settings(patch: object): Promise<void> {
  await updateTrackingSettings(server.database, patch, { reattach: false }, origin)
}

it("makes the ticket's address as core does, whatever the id", async () => {
  const [id = ''] = await server.ingest({})
  const ids = fc.oneof(
    fc.constantFrom(
      '.',
      '..',
      'EX-1',
      'a/b?c#d',
      '%2e',
      '$ticket_id',
      '\\1',
      "it's",
      '~!*()',
      'é/ü',
      '日本',
      '👍',
      ' ',
    ),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
  )
  const templates = [
    'https://t.example/browse/$ticket_id',
    'http://t.example:8080/a%20b?q=$ticket_id&again=$ticket_id#x',
  ]
  for (const template of templates) {
    await settings({ externalTracking: true, ticketUrlTemplate: template })
    await fc.assert(
      fc.asyncProperty(ids, async (ticketId) => {
        fc.pre(ticketId.isWellFormed() && !ticketId.includes('\u0000'))
        await server.database
          .updateTable('detections')
          .set({ ticket_id: ticketId })
          .where('detection_id', '=', id)
          .execute()
        const { detection } = await server.query(`{ detection(detectionId: ${id}) { ticketId ticketUrl } }`)
        expect(detection).toEqual({ ticketId, ticketUrl: ticketUrl(template, ticketId) })
      }),
      { numRuns: 80, seed: 5 },
    )
  }
  await settings({ ticketUrlTemplate: null })
  expect(
    (await server.query(`{ detection(detectionId: ${id}) { ticketUrl } }`)).detection.ticketUrl,
  ).toBeNull()
})

it('offers the transitions that core allows, to each kind of actor and in each mode', async () => {
  const table: TransitionTable = {
    open: ['new', 'acknowledged', 'closed'],
    new: ['in_progress'],
    acknowledged: ['closed', 'open', 'new'],
    in_progress: ['closed'],
    closed: ['open'],
  }
  const ids = await server.ingest(...detectionStatuses.map(() => ({})))
  for (const [index, status] of detectionStatuses.entries()) {
    await server.database
      .updateTable('detections')
      .set({ status })
      .where('detection_id', '=', ids[index] ?? '')
      .execute()
  }
  const integration = await server.key('integration')
  for (const [internalTracking, externalTracking] of [
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ]) {
    await settings({ internalTracking, externalTracking, transitions: table })
    for (const [kind, key, may] of [
      ['person', server.adminKey, internalTracking],
      ['integration', integration, externalTracking],
    ] as const) {
      for (const [index, status] of detectionStatuses.entries()) {
        const { data } = await server.request(
          `{ detection(detectionId: ${ids[index]}) { allowedTransitions } }`,
          { key },
        )
        const expected =
          may === true ? allowedTransitions(table, status, { mayUseNew: kind === 'integration' }) : []
        expect(data.detection.allowedTransitions).toEqual(expected.map((name) => name.toUpperCase()))
      }
    }
  }
})
