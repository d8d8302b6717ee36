import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { addNote } from '../../src/detections/notes.ts'
import { trackDetections } from '../../src/detections/track-detections.ts'
import { updateTrackingSettings } from '../../src/tracking/tracking-settings.ts'
import { origin, startGraphqlServer, type GraphqlServer } from './graphql-server.ts'

let server: GraphqlServer
let ids: readonly string[]

beforeAll(async () => {
  server = await startGraphqlServer()
  const { database } = server
  await updateTrackingSettings(
    database,
    { externalTracking: true, ticketUrlTemplate: 'https://tickets.example/browse/$ticket_id?q=$ticket_id' },
    { reattach: false },
    origin,
  )
  ids = await server.ingest(
    {
      title: 'With everything "quoted" \\ and \u2028 newline\n',
      description: 'Markdown *here*',
      categories: ['sec.lateral', 'sec'],
      endTime: '2026-11-20T15:00:00.5Z',
      participants: [
        {
          id: 3,
          role: 'offender',
          objectType: 'device',
          objectValue: '10.0.0.1',
          hostname: 'db.example.com',
          external: true,
          endpoint: 'client',
          usernames: ['sam', 'zoe'],
        },
        { role: 'victim' },
      ],
      properties: { '10': 'ten', '2': 'two', nested: { list: [1, 2.5, null, true, 'é"'] }, z: 1e21, a: 1 },
      mitreTechniques: [{ id: 'T1078', name: 'Valid Accounts', legacyIds: ['T0'] }],
      mitreTactics: [{ id: 'TA0008' }],
      applianceId: 7,
      recommended: true,
      recommendedFactors: ['top_offender'],
      url: 'https://sensor.example/1',
      tracking: { status: 'closed', resolution: 'action_taken', assignee: 'ada', ticketId: 'EX 1/ä' },
    },
    { riskScore: null, tracking: { status: 'in_progress', assignee: 'nobody-here' } },
    { title: 'Plain' },
    { title: 'Another' },
  )
  for (const text of ['first', 'second', 'third']) {
    await addNote(database, { detectionId: ids[0] ?? '', text, visibility: 'internal' }, 'person', origin)
  }
  await trackDetections(
    database,
    [{ detectionId: ids[1] ?? '', change: { status: 'acknowledged', assignee: null } }],
    'person',
    origin,
  )
  await insertLink(server, ids[0] ?? '')
})

afterAll(() => server[Symbol.asyncDispose]())

async function insertLink({ database }: GraphqlServer, detectionId: string): Promise<void> {
  const { connection_id: connectionId } = await database
    .insertInto('ticketing_connections')
    .values({
      name: 'Jira',
      plugin: 'jira',
      settings: JSON.stringify({ url: 'https://jira.example' }),
      secrets: JSON.stringify({ token: 'env:JIRA_TOKEN' }),
      mappings: '{}',
      rules: '[]',
      webhook_token: 'token',
      webhook_secrets: '[]',
      last_check: JSON.stringify({
        at: '2026-11-20T15:00:00.000Z',
        product: 'Jira',
        account: null,
        findings: [{ severity: 'ok', subject: 'connection', message: 'fine', remedy: null }],
      }),
    })
    .returning('connection_id')
    .executeTakeFirstOrThrow()
  await database
    .insertInto('ticket_links')
    .values({
      detection_id: detectionId,
      connection_id: connectionId,
      dedupe_key: 'key',
      state: 'active',
      sync_state: 'conflict',
      reason: JSON.stringify({ code: 'CONFLICT', message: 'Both sides changed.', field: 'status' }),
      is_primary: false,
      ticket_key: 'SEC-1',
      ticket_url: 'https://jira.example/browse/SEC-1',
      ticket: JSON.stringify({
        id: '1',
        key: 'SEC-1',
        url: 'https://jira.example/browse/SEC-1',
        container: 'SEC',
        status: { id: '3', name: 'In Progress', category: 'active' },
        resolution: null,
        assignee: { id: '5', name: 'Ada' },
        content: { summary: 'A summary' },
        updatedAt: '2026-11-20T15:00:00.000Z',
      }),
      conflicts: JSON.stringify([
        { field: 'status', ours: 'open', theirs: '3', winner: null, reason: 'both_changed' },
      ]),
    })
    .execute()
}

const everything = `
  __typename id detectionId source externalId title description type categories riskScore
  startTime endTime createTime updateTime modTime properties applianceId isUserCreated recommended recommendedFactors
  url status resolution ticketId ticketUrl version allowedTransitions
  participants { __typename id role objectType objectId objectValue hostname external endpoint username scannerService usernames origins }
  mitreTactics { id name url legacyIds } mitreTechniques { id name url legacyIds }
  assignee { __typename username displayName isExternal }
  notes { totalCount edges { cursor node { __typename id author text visibility createdAt } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
  timeline(first: 3) {
    edges { node { id kind at traceId change fields actor { kind name } before { status assignee } after { status resolution assignee ticketId }
      note { text } ticketKey ticketUrl reason { code } conflict { field } connection { name } } }
  }
  ticketLinks {
    __typename id state syncState isPrimary ruleName ticketKey ticketUrl attempts nextAttemptAt lastVerifiedAt createdAt
    reason { code message field } conflicts { field ours theirs winner reason }
    ticket { key url container summary resolution assignee updatedAt status { id name category } }
    connection { id name plugin settings secretNames mappings rules webhookPath enabled version notBefore pausedReason { code } linkCounts { syncState count }
      lastCheck { at product account findings { severity subject message remedy } } }
    detection { title notes(first: 1) { nodes { text } } }
  }`

interface Case {
  readonly query: string
  readonly fragments?: string
  readonly variables?: object
  readonly header?: string
}

const cases: Readonly<Record<string, Case>> = {
  'every field': {
    query: `detections { __typename nodes { ${everything} } edges { __typename cursor node { title } } totalCount pageInfo { __typename hasNextPage hasPreviousPage startCursor endCursor } }`,
  },
  'one detection': { query: `detection(detectionId: "1000000000000001") { ${everything} }` },
  'a detection that is not there': { query: `detection(detectionId: 4) { title }` },
  'only the count': { query: `detections { totalCount }` },
  'only the page info': { query: `detections(first: 2) { pageInfo { hasNextPage hasPreviousPage } }` },
  'no rows': {
    query: `detections(filter: { types: [] }) { nodes { title } edges { node { title } } totalCount pageInfo { hasNextPage startCursor endCursor } }`,
  },
  'a page of no rows': {
    query: `detections(first: 0) { nodes { title } pageInfo { hasNextPage startCursor endCursor } }`,
  },
  backwards: {
    query: `detections(last: 2) { nodes { title } pageInfo { hasNextPage hasPreviousPage } edges { cursor } }`,
  },
  'aliases at every level': {
    query: `list: detections(first: 1) { all: nodes { a: title b: title n: notes(first: 1) { x: nodes { y: text } } m: notes { totalCount } } other: nodes { id } } again: detections(first: 1, orderBy: [{ field: RISK_SCORE }]) { nodes { title } }`,
  },
  'aliases that are names within the statement': {
    query: `o: detections(first: 1) { o: nodes { o: title d: type page: riskScore assignee { o: username a: displayName } ticketLinks { o: ticketKey l: connection { o: name } } notes(first: 1) { page: nodes { o: text } } } }`,
  },
  'the last page, nothing but nodes': {
    query: `detections(last: 2) { nodes { title notes(first: 1) { nodes { text } } } }`,
  },
  'an alias longer than an identifier of PostgreSQL': {
    query: `detections { nodes { ${'long'.repeat(20)}: title ${'long'.repeat(20)}2: type } }`,
  },
  'merged selections': {
    query: `detections { nodes { title } nodes { title type notes { nodes { text } } } ...F } detections { totalCount }`,
    fragments: `fragment F on DetectionConnection { nodes { notes { nodes { author } totalCount } } }`,
  },
  'fragments on objects and interfaces, nested': {
    query: `...Root`,
    fragments: `fragment Root on Query { detections { nodes { ...D ... on Node { id } ... { type } } } }
      fragment D on Detection { title ...E } fragment E on Detection { notes(first: 1) { nodes { ...N } } }
      fragment N on DetectionNote { text }`,
  },
  'directives that are literal': {
    query: `detections { nodes { title @skip(if: true) type @include(if: true) ... @include(if: false) { riskScore } notes @skip(if: false) { totalCount } } }`,
  },
  'directives with variables': {
    header: `query Q($yes: Boolean!, $no: Boolean = false)`,
    query: `detections { totalCount @include(if: $no) nodes { title @include(if: $yes) type @include(if: $no) ...F @skip(if: $no) } }`,
    fragments: `fragment F on Detection { riskScore }`,
    variables: { yes: true },
  },
  'an object from which everything is skipped': { query: `detections { nodes { title @skip(if: true) } }` },
  'variables in arguments at every level': {
    header: `query Q($first: Int, $notes: Int!, $filter: DetectionFilter, $order: [DetectionOrder!])`,
    query: `detections(first: $first, filter: $filter, orderBy: $order) { nodes { title notes(first: $notes) { nodes { text } pageInfo { hasNextPage } } } }`,
    variables: {
      first: 3,
      notes: 2,
      filter: { riskScoreMin: 50 },
      order: [{ field: 'RISK_SCORE', direction: 'ASC' }, { field: 'CREATE_TIME' }],
    },
  },
  facets: {
    query: `detectionFacets { __typename totalCount statuses { __typename status count } resolutions { resolution n: count } categories { value count } types { value count } assignees { value count } sources { value count } riskBands { riskBand count } }`,
  },
  'facets of nothing': {
    query: `detectionFacets(filter: { statuses: [] }) { totalCount statuses { count } }`,
  },
  connections: {
    query: `ticketingConnections { __typename id name plugin settings createdAt } none: ticketingConnection(id: "TicketingConnection:00000000-0000-4000-8000-000000000000") { name } bad: ticketingConnection(id: "nonsense") { name }`,
  },
  'the name of the root': { query: `__typename detections { __typename }` },
}

/** Whether one statement made the whole of the data: its last column is then the data's last member. */
function answeredWhole(calls: readonly unknown[][], data: object): boolean {
  const last = Object.keys(data).at(-1)
  return calls.some(([statement]) => JSON.stringify(statement).includes(`as \\"${last}\\") \\"#\\"))::text`))
}

describe('what PostgreSQL answers by itself', () => {
  it.each(Object.entries(cases))(
    'is what field by field execution gives: %s',
    async (_, { query, fragments = '', variables = {}, header = 'query' }) => {
      // The first time over Yoga, afterwards without it.
      const before = await server.request(`${header} { ${query} } ${fragments}`, { variables })
      const statements = vi.spyOn(server.database.pool, 'query')
      const direct = await server.request(`${header} { ${query} } ${fragments}`, { variables })
      expect(direct.errors).toEqual([])
      expect(answeredWhole(statements.mock.calls, direct.data)).toBe(true)
      expect(direct.text).toBe(before.text)
      statements.mockClear()

      // This field has a resolver, so all of the operation is executed by resolvers.
      const ordinary = await server.request(`${header} { ${query} viewer { name } } ${fragments}`, {
        variables,
      })
      expect(ordinary.errors).toEqual([])
      expect(answeredWhole(statements.mock.calls, ordinary.data)).toBe(false)
      statements.mockRestore()
      const { viewer, ...data } = ordinary.data as Record<string, unknown>
      expect(viewer).toEqual({ name: 'ada' })
      expect(JSON.stringify(direct.data)).toBe(JSON.stringify(data))
    },
  )

  it('has many members in order, and their long names whole', async () => {
    const long = 'long'.repeat(20)
    for (const names of [
      Array.from({ length: 60 }, (_, index) => `f${index}`),
      Array.from({ length: 60 }, (_, index) => `${long}${60 - index}`),
    ]) {
      const { data, errors } = await server.request(
        `{ detections(first: 1) { nodes { ${names.map((name) => `${name}: title`).join(' ')} } } }`,
      )
      expect(errors).toEqual([])
      expect(Object.keys(data.detections.nodes[0])).toEqual(names)
    }
  })

  it('keeps what it compiled apart by the person who asks', async () => {
    const assigned = await server.query('{ detections { nodes { assignee { username } } } }')
    const assignees: string[] = assigned.detections.nodes.flatMap(
      ({ assignee }: { assignee: { username: string } | null }) => assignee?.username ?? [],
    )
    const username = assignees[0] ?? ''
    const somebody = await server.key('analyst', username)
    const nobody = await server.key('analyst', 'nobody-s')
    const query = '{ detections(filter: { assignee: { me: true } }) { totalCount } }'
    for (const key of [somebody, nobody, somebody, nobody]) {
      const { data } = await server.request(query, { key })
      const own = assignees.filter((each) => key === somebody && each === username)
      expect(data.detections.totalCount).toBe(own.length)
    }
    expect(assignees).not.toEqual([])
  })

  it('keeps what it compiled apart by the variables that select', async () => {
    const query = `query Q($with: Boolean!, $n: Int!) { detections(first: 1) { nodes { title @include(if: $with) notes(first: $n) { nodes { text } } } } }`
    const ask = async (variables: object): Promise<unknown> =>
      (await server.query(query, variables)).detections.nodes[0]
    expect(await ask({ with: true, n: 1 })).toHaveProperty('title')
    expect(await ask({ with: false, n: 0 })).not.toHaveProperty('title')
    expect(await ask({ with: true, n: 0 })).toEqual({ title: expect.any(String), notes: { nodes: [] } })
  })

  it('shows what only managers see to managers only, whoever asked first', async () => {
    const query = `{ ticketingConnections { name settings webhookPath } detections(first: 1) { nodes { allowedTransitions } } }`
    const viewer = await server.key('viewer', 'vera')
    const integration = await server.key('integration')
    for (const key of [undefined, viewer, integration, undefined]) {
      const { data } = await server.request(query, key === undefined ? {} : { key })
      const [connection] = data.ticketingConnections
      expect(connection.webhookPath).toBe(key === undefined ? '/hooks/token' : null)
      const allowed: readonly string[] = data.detections.nodes[0].allowedTransitions
      expect(allowed.includes('NEW')).toBe(key === integration)
      expect(allowed.length > 0).toBe(key !== viewer)
    }
  })
})
