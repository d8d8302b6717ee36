import fc from 'fast-check'
import { sql as sqlOf } from 'kysely'
import sql from 'sql-template-tag'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  detectionFilterSchema,
  detectionReportSchema,
  detectionStatuses,
  hiddenModes,
  matchesFilter,
  resolutions,
  type Detection,
  type DetectionFilter,
  type DetectionReportInput,
} from '@tripline/core'
import { detectionFilterSql, toKyselyCondition } from '../../src/detections/detection-filter-sql.ts'
import { toDetection } from '../../src/detections/detection-row.ts'
import { ingestReports } from '../../src/detections/ingest-detections.ts'
import { createTestDatabase, type TestDatabase } from '../test-database.ts'
import { origin } from './graphql-server.ts'

const DAY = 24 * 60 * 60_000
const NOW = Date.UTC(2026, 10, 20)

// Few values of each kind, so that filters and detections often meet; and the characters that SQL could take amiss.
const name = fc.constantFrom(
  'sec',
  'sec.lateral',
  'sec.lateral.smb',
  'perf',
  'a..b',
  'a_b',
  'a%b',
  'é',
  'É',
  "o'b\\c",
)
const technique = fc.constantFrom('T1078', 'T1078.004', 'T1087', 'TA0007')
const person = fc.constantFrom('ada', 'Zoe', 'straße', 'a_b')
const ticket = fc.constantFrom('EX-1', 'ex-1', '.', 'a/b')
const address = fc.constantFrom(
  '10.0.0.1',
  '10.0.0.255',
  '192.168.6.7',
  '::1',
  '2001:db8::1',
  '2001:DB8:0::1',
  '::ffff:10.0.0.1',
)
const hostname = fc.constantFrom(
  'db.example.com',
  'DB.example.com',
  'example.com',
  'xexample.com',
  'a%b.example.com',
)
const instant = fc.integer({ min: 0, max: 10 }).map((day) => new Date(NOW - day * DAY))
const status = fc.constantFrom(...detectionStatuses)

const report: fc.Arbitrary<DetectionReportInput> = fc.record({
  externalId: fc.uuid(),
  title: fc.constantFrom(
    'Suspicious share access',
    'TLS 100% weak',
    'Straße\tund  Weg',
    'İstanbul',
    'back\\slash',
  ),
  type: name,
  categories: fc.array(name, { maxLength: 3 }),
  riskScore: fc.option(fc.constantFrom(1, 30, 31, 79, 80, 99)),
  recommended: fc.option(fc.boolean()),
  startTime: instant,
  updateTime: instant,
  createTime: instant,
  mitreTechniques: fc.array(
    technique.map((id) => ({ id })),
    { maxLength: 2 },
  ),
  participants: fc.array(
    fc.record({
      objectValue: fc.option(address),
      hostname: fc.option(hostname),
      username: fc.option(person),
    }),
    { maxLength: 2 },
  ),
  tracking: fc.record({
    status,
    resolution: fc.option(fc.constantFrom(...resolutions)),
    assignee: fc.option(person),
    ticketId: fc.option(ticket),
  }),
})

const some = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value[] | null | undefined> =>
  fc.option(fc.array(value, { maxLength: 4 }), { nil: undefined })
const maybe = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined, freq: 1 })
const range = maybe(
  fc.record({
    from: fc.option(fc.oneof(instant, fc.constantFrom(new Date(-8.64e15), new Date(8.64e15)))),
    until: fc.option(fc.oneof(instant, fc.constantFrom(new Date(-8.64e15), new Date(8.64e15)))),
  }),
)
const oddText = fc.constantFrom('\ud800', 'a\u0000b', '%', '_')

const members = {
  statuses: some(status),
  resolutions: some(fc.constantFrom(...resolutions, 'none' as const)),
  assignee: maybe(fc.record({ anyOf: some(fc.oneof(person, oddText)), none: maybe(fc.boolean()) })),
  ticket: maybe(fc.record({ anyOf: some(ticket), none: maybe(fc.boolean()) })),
  types: some(fc.oneof(name, oddText)),
  categories: some(fc.oneof(name, fc.constantFrom('a.', 'sec.'))),
  riskScoreMin: maybe(fc.constantFrom(-1, 0, 30, 80, 2 ** 40)),
  riskScoreMax: maybe(fc.constantFrom(0, 30, 31, 99, 2 ** 40)),
  startTime: range,
  updateTime: range,
  createTime: range,
  participant: maybe(
    fc.record({
      address: maybe(
        fc.oneof(
          address,
          fc.constantFrom('10.0.0.0/24', '10.0.0.9/24', '0.0.0.0/0', '2001:db8::/32', '::/0', '10.0.0.1/32'),
        ),
      ),
      hostname: maybe(
        fc.oneof(hostname, oddText, fc.constantFrom('*.example.com', '*.EXAMPLE.com', '*', '*.%')),
      ),
    }),
  ),
  mitreTechniques: some(technique),
  sources: some(fc.constantFrom('test', 'other')),
  recommended: maybe(fc.boolean()),
  hidden: maybe(fc.constantFrom(...hiddenModes)),
  text: maybe(
    fc.oneof(
      fc.constantFrom(
        'share',
        'SHARE access',
        '100%',
        'straße',
        'STRASSE',
        'i̇stanbul',
        'back\\',
        '  ',
        'db.example',
        'zoe',
        '10.0.0.1',
        'zoe share',
      ),
      oddText,
    ),
  ),
}

/** Mostly one or two members, because many together hold for nothing. */
const filter: fc.Arbitrary<DetectionFilter> = fc
  .tuple(fc.record(members), fc.subarray(Object.keys(members), { minLength: 1, maxLength: 2 }))
  .map(([all, chosen]) =>
    detectionFilterSchema.parse(
      Object.fromEntries(Object.entries(all).filter(([key]) => chosen.includes(key))),
    ),
  )

let test: TestDatabase
let detections: readonly Detection[]

beforeAll(async () => {
  test = await createTestDatabase()
  const reports = fc.sample(report, { numRuns: 300, seed: 1 })
  await ingestReports(
    test.database,
    'test',
    reports.map((input, index) => ({ index, report: detectionReportSchema.parse(input) })),
    origin,
  )
  // Ingest takes no status `new` while external tracking is off; here every state is wanted.
  await test.database
    .updateTable('detections')
    .set({ status: 'new' })
    .where('external_id', '<', '2')
    .where('status', '=', 'open')
    .execute()
  await sqlOf`
    insert into hiding_rules (author, criteria, description, enabled) values ('ada', '{}', '', false)`.execute(
    test.database,
  )
  await sqlOf`update detections set hidden_by = 1 where external_id > 'd'`.execute(test.database)
  detections = (await test.database.selectFrom('detections').selectAll().execute()).map(toDetection)
})

afterAll(() => test[Symbol.asyncDispose]())

async function found(wanted: DetectionFilter): Promise<readonly string[]> {
  const query = sql`select d.detection_id from detections d where ${detectionFilterSql(wanted)} order by 1`
  const { rows } = await test.database.pool.query<{ detection_id: string }>(query)
  return rows.map(({ detection_id: id }) => id)
}

it('finds exactly the detections that core says match', async () => {
  let matching = 0
  await fc.assert(
    fc.asyncProperty(filter, async (wanted) => {
      const expected = detections
        .filter((detection) => matchesFilter(wanted, detection))
        .map(({ detectionId }) => detectionId)
      matching += expected.length > 0 && expected.length < detections.length ? 1 : 0
      expect(await found(wanted)).toEqual(expected.toSorted())
    }),
    { numRuns: 1_000, seed: 7 },
  )
  // The property would hold of filters that never tell detections apart, too.
  expect(matching).toBeGreaterThan(200)
})

it('compares the modification time', async () => {
  const [first] = detections
  if (first === undefined) throw new Error('There are no detections')
  expect(await found({ modTime: { from: new Date(first.modTime.getTime() + 60_000) } })).toEqual([])
  expect(
    await found({ modTime: { until: new Date(first.modTime.getTime() + 60_000) }, hidden: 'include' }),
  ).toHaveLength(detections.length)
})

it('is a condition for Kysely too', async () => {
  const condition = toKyselyCondition(detectionFilterSql({ text: 'share', statuses: ['open', 'closed'] }))
  const rows = await test.database
    .selectFrom('detections as d')
    .select('d.detection_id')
    .where(condition)
    .execute()
  const expected = detections.filter((detection) =>
    matchesFilter({ text: 'share', statuses: ['open', 'closed'] }, detection),
  )
  expect(expected.length).toBeGreaterThan(0)
  expect(rows.map((row) => row.detection_id).toSorted()).toEqual(
    expected.map(({ detectionId }) => detectionId).toSorted(),
  )
})
