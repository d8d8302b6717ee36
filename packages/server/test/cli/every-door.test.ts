import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../test-database.ts'
import { createFolder, runTripline, startTripline } from './run-tripline.ts'

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url))
const KEY = 'an-admin-key-of-tests'

const ingest = `mutation ($input: IngestDetectionsInput!) {
  ingestDetections(input: $input) { results { outcome error { code message } } error { code message } }
}`
const read = `query ($source: String!) {
  detections(filter: { sources: [$source] }, first: 50) {
    nodes {
      externalId title description type categories riskScore startTime endTime updateTime
      participants { id role objectType objectId objectValue hostname external endpoint username scannerService usernames origins }
      properties mitreTactics { id name url } mitreTechniques { id name url } applianceId isUserCreated
      recommended recommendedFactors url status resolution assignee { username } ticketId
    }
  }
}`

interface Fixture {
  readonly format: string
  readonly file: string
  readonly record: unknown
}

async function loadFixtures(): Promise<readonly Fixture[]> {
  const all: Fixture[] = []
  for (const format of ['extrahop', 'ocsf']) {
    for (const name of await readdir(join(fixtures, format))) {
      const file = join(fixtures, format, name)
      all.push({ format, file, record: JSON.parse(await readFile(file, 'utf8')) })
    }
  }
  return all
}

test('real records come out equal whichever door they went in by: GraphQL, HTTP or the command line', async () => {
  await using database = await createTestDatabase()
  await using folder = await createFolder()
  await using server = startTripline(['serve'], {
    PORT: '0',
    DATABASE_URL: database.connectionString,
    TRIPLINE_DATA_DIR: folder.path,
    TRIPLINE_ADMIN_API_KEY: KEY,
  })
  const url = await server.printed(/ready at (\S+)/u)
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }
  const graphql = async (query: string, variables: object): Promise<{ data: Record<string, unknown> }> => {
    const body = JSON.stringify({ query, variables })
    const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body })
    return (await answer.json()) as { data: Record<string, unknown> }
  }
  const stored = async (source: string): Promise<unknown> =>
    (await graphql(read, { source })).data['detections']

  const found = await loadFixtures()
  expect(found.length).toBeGreaterThanOrEqual(4)
  for (const { format, file, record } of found) {
    const created = { results: [{ outcome: 'CREATED', error: null }], error: null }
    const input = { source: `graphql ${file}`, format, records: [record] }
    expect((await graphql(ingest, { input })).data['ingestDetections']).toEqual(created)

    const http = `${url}/ingest/${format}?source=${encodeURIComponent(`http ${file}`)}`
    const answer = await fetch(http, { method: 'POST', headers, body: JSON.stringify(record) })
    expect(await answer.json()).toMatchObject({ received: 1, created: 1, rejected: 0 })

    const args = ['ingest', file, '--format', format, '--source', `cli ${file}`]
    const { code, stderr } = await runTripline(args, { TRIPLINE_URL: url, TRIPLINE_API_KEY: KEY })
    expect([code, stderr]).toEqual([0, ''])

    const byGraphql = await stored(`graphql ${file}`)
    expect(byGraphql).toMatchObject({ nodes: [{ title: expect.any(String) }] })
    expect(await stored(`http ${file}`)).toEqual(byGraphql)
    expect(await stored(`cli ${file}`)).toEqual(byGraphql)
  }
})

test('detections and records at once, or an unknown format, are refused with what to do', async () => {
  await using database = await createTestDatabase()
  await using folder = await createFolder()
  await using server = startTripline(['serve'], {
    PORT: '0',
    DATABASE_URL: database.connectionString,
    TRIPLINE_DATA_DIR: folder.path,
    TRIPLINE_ADMIN_API_KEY: KEY,
  })
  const url = await server.printed(/ready at (\S+)/u)
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }
  for (const input of [
    { source: 'x' },
    { source: 'x', format: 'cef', records: [{}] },
    { source: 'x', format: 'ocsf', records: [], detections: [] },
  ]) {
    const body = JSON.stringify({ query: ingest, variables: { input } })
    const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body })
    expect(await answer.json()).toMatchObject({
      data: {
        ingestDetections: { error: { code: 'INVALID_INPUT', message: expect.stringContaining('format') } },
      },
    })
  }
})
