import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addNote } from '../../src/detections/notes.ts'
import { origin, startGraphqlServer, type GraphqlServer } from './graphql-server.ts'

let server: GraphqlServer
const COUNT = 23

beforeAll(async () => {
  server = await startGraphqlServer()
  // Few different values, so that pages often end among equals.
  await server.ingest(
    ...Array.from({ length: COUNT }, (_, index) => ({
      riskScore: [null, 10, 10, 83][index % 4] ?? null,
      startTime: new Date(Date.UTC(2026, 10, 1 + (index % 3))),
      updateTime: new Date(Date.UTC(2026, 10, 10 + (index % 5), 0, 0, 0, index % 2)),
      createTime: new Date(Date.UTC(2026, 10, 2)),
    })),
  )
})

afterAll(() => server[Symbol.asyncDispose]())

interface Page {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly detectionId: string } }[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}

interface NotePage {
  readonly nodes: readonly { readonly text: string }[]
  readonly pageInfo: Page['pageInfo']
}

const QUERY = `query Q($filter: DetectionFilter, $orderBy: [DetectionOrder!], $first: Int, $after: String, $last: Int, $before: String) {
  detections(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { detectionId } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`

async function page(variables: object): Promise<Page> {
  return (await server.query(QUERY, variables)).detections
}

const idsOf = ({ edges }: Page): readonly string[] => edges.map(({ node }) => node.detectionId)

const order = fc.uniqueArray(
  fc.record({
    field: fc.constantFrom('UPDATE_TIME', 'MOD_TIME', 'CREATE_TIME', 'START_TIME', 'RISK_SCORE'),
    direction: fc.constantFrom('ASC', 'DESC'),
  }),
  { selector: ({ field }) => field, maxLength: 3 },
)

describe('pages of detections', () => {
  it('join to the whole list in either direction, whatever the order and their size', async () => {
    await fc.assert(
      fc.asyncProperty(order, fc.integer({ min: 1, max: 9 }), async (orderBy, size) => {
        const whole = idsOf(await page({ orderBy, first: 200 }))
        expect(new Set(whole).size).toBe(COUNT)

        const forward: string[] = []
        for (let after: string | null = null; ;) {
          const next: Page = await page({ orderBy, first: size, after })
          expect(next.pageInfo.hasPreviousPage).toBe(forward.length > 0)
          forward.push(...idsOf(next))
          expect(next.pageInfo.hasNextPage).toBe(forward.length < COUNT)
          expect(next.pageInfo.startCursor).toBe(next.edges[0]?.cursor)
          expect(next.pageInfo.endCursor).toBe(next.edges.at(-1)?.cursor)
          after = next.pageInfo.endCursor
          if (!next.pageInfo.hasNextPage) break
        }
        expect(forward).toEqual(whole)

        const backward: string[] = []
        for (let before: string | null = null; ;) {
          const next: Page = await page({ orderBy, last: size, before })
          expect(next.pageInfo.hasNextPage).toBe(backward.length > 0)
          backward.unshift(...idsOf(next))
          expect(next.pageInfo.hasPreviousPage).toBe(backward.length < COUNT)
          expect(next.pageInfo.startCursor).toBe(next.edges[0]?.cursor)
          expect(next.pageInfo.endCursor).toBe(next.edges.at(-1)?.cursor)
          before = next.pageInfo.startCursor
          if (!next.pageInfo.hasPreviousPage) break
        }
        expect(backward).toEqual(whole)
      }),
      { numRuns: 20, seed: 3 },
    )
  })

  it('lie between two cursors when both are given', async () => {
    const whole = await page({ first: 200 })
    const [after, before] = [whole.edges[4]?.cursor, whole.edges[12]?.cursor]
    const first = await page({ after, before, first: 3 })
    expect(idsOf(first)).toEqual(idsOf(whole).slice(5, 8))
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true })
    const last = await page({ after, before, last: 3 })
    expect(idsOf(last)).toEqual(idsOf(whole).slice(9, 12))
    expect(idsOf(await page({ after, before }))).toEqual(idsOf(whole).slice(5, 12))
  })

  it('are of the filter that is given, and so is what lies beyond them', async () => {
    const filter = { riskScoreMin: 80 }
    const all = await page({ filter, first: 200 })
    expect(all.edges.length).toBeGreaterThan(2)
    expect(all.edges.length).toBeLessThan(COUNT)
    const rest = await page({ filter, first: 200, after: all.edges[1]?.cursor })
    expect(idsOf(rest)).toEqual(idsOf(all).slice(2))
    expect(rest.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
    const { detections } = await server.query(
      'query Q($f: DetectionFilter) { detections(filter: $f, first: 1) { totalCount } }',
      { f: filter },
    )
    expect(detections.totalCount).toBe(all.edges.length)
  })

  it('have detections without a score below those with the least', async () => {
    const { detections } = await server.query(
      '{ detections(orderBy: [{ field: RISK_SCORE }], first: 200) { nodes { riskScore } } }',
    )
    const scores: readonly (number | null)[] = detections.nodes.map(
      ({ riskScore }: { riskScore: number | null }) => riskScore,
    )
    expect(scores).toEqual(scores.toSorted((left, right) => (right ?? 0) - (left ?? 0)))
    expect(scores.at(-1)).toBeNull()
  })

  it.each([
    [
      'a cursor of another order',
      async () => ({
        orderBy: [{ field: 'RISK_SCORE', direction: 'DESC' }],
        after: (await page({ first: 1 })).pageInfo.endCursor,
      }),
      'INVALID_CURSOR',
    ],
    [
      'a cursor of the other direction',
      async () => ({
        orderBy: [{ field: 'UPDATE_TIME', direction: 'ASC' }],
        after: (await page({ first: 1 })).pageInfo.endCursor,
      }),
      'INVALID_CURSOR',
    ],
    ['garbage', async () => ({ after: 'garbage' }), 'INVALID_CURSOR'],
    [
      'a cursor with SQL in it',
      async () => ({ after: Buffer.from(`1;UPDATE_TIME-,id-;1';--;2`).toString('base64url') }),
      'INVALID_CURSOR',
    ],
    ['a page that is too large', async () => ({ first: 201 }), 'INVALID_INPUT'],
    ['a negative page', async () => ({ last: -1 }), 'INVALID_INPUT'],
    ['both directions', async () => ({ first: 1, last: 1 }), 'INVALID_INPUT'],
    [
      'an address that is none',
      async () => ({ filter: { participant: { address: '10.0.0' } } }),
      'INVALID_INPUT',
    ],
  ])('are refused for %s', async (_, variables, code) => {
    const { data, errors, status } = await server.request(QUERY, { variables: await variables() })
    expect(errors).toEqual([
      expect.objectContaining({ path: ['detections'], extensions: expect.objectContaining({ code }) }),
    ])
    expect(data).toBeNull()
    expect(status).toBe(200)
  })

  it('of notes are newest first and go on after their cursors', async () => {
    const [id = ''] = await server.ingest({
      title: 'With notes',
      categories: [],
      updateTime: new Date(Date.UTC(2020, 1, 1)),
    })
    for (let note = 1; note <= 5; note += 1) {
      await addNote(
        server.database,
        { detectionId: id, text: `note ${note}`, visibility: 'internal' },
        'person',
        origin,
      )
    }
    const query = `query Q($id: DetectionId!, $after: String) { detection(detectionId: $id) { notes(first: 2, after: $after) { nodes { text } pageInfo { endCursor hasNextPage hasPreviousPage } } } }`
    const texts: string[] = []
    for (let after: string | null = null; ;) {
      const { detection } = (await server.query(query, { id, after })) as { detection: { notes: NotePage } }
      const { notes } = detection
      expect(notes.pageInfo.hasPreviousPage).toBe(texts.length > 0)
      texts.push(...notes.nodes.map(({ text }) => text))
      after = notes.pageInfo.endCursor
      if (!notes.pageInfo.hasNextPage) break
    }
    expect(texts).toEqual(['note 5', 'note 4', 'note 3', 'note 2', 'note 1'])
    await server.database.deleteFrom('detections').where('detection_id', '=', id).execute()
  })
})
