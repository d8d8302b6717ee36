import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createFolder, startTripline, type TriplineProcess } from './run-tripline.ts'

interface DevPlaces {
  readonly url: string
  readonly simulator: string
  readonly key: string
}

interface Detection {
  readonly detectionId: string
  readonly status: string
  readonly ticketId: string | null
}

async function placesOf(dev: TriplineProcess): Promise<DevPlaces> {
  return {
    url: await dev.printed(/GraphiQL +(\S+)\/graphql/u),
    key: await dev.printed(/API key +(\S+)/u),
    simulator: await dev.printed(/Simulated Jira +(\S+)/u),
  }
}

async function detectionsOf({ url, key }: DevPlaces): Promise<readonly Detection[]> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query: '{ detections(first: 100) { nodes { detectionId status ticketId } } }' }),
  })
  const { data } = (await response.json()) as { data: { detections: { nodes: Detection[] } } }
  return data.detections.nodes
}

async function callJira({ simulator }: DevPlaces, path: string, body?: object): Promise<Response> {
  const credentials = Buffer.from('tripline@example.com:tripline-token').toString('base64')
  return fetch(`${simulator}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Basic ${credentials}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

test('dev tickets detections, lets changes of tickets come back, and goes on where it was', async () => {
  await using folder = await createFolder()
  await chmod(folder.path, 0o711)
  const env = { TRIPLINE_DATA_DIR: join(folder.path, 'data'), PORT: '0' }
  let first: DevPlaces
  let ticketed: readonly Detection[]
  {
    await using dev = startTripline(['dev', '--every', '0'], env)
    first = await placesOf(dev)
    const places = first
    // The example that a newcomer is told to try.
    const example = await fetch(`${first.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${first.key}` },
      body: await dev.printed(/-d '(.*)'/u),
    })
    expect(await example.json()).toMatchObject({ data: { detections: { nodes: { length: 5 } } } })
    const withTickets = async (): Promise<readonly Detection[]> =>
      (await detectionsOf(places)).filter(({ ticketId }) => ticketId !== null)
    await expect.poll(async () => (await withTickets()).length, { timeout: 20_000 }).toBeGreaterThan(10)

    const [chosen] = await withTickets()
    const inProgress = { transition: { id: '21' } }
    await callJira(places, `/rest/api/3/issue/${chosen?.ticketId}/transitions`, inProgress)
    const statusNow = async (): Promise<string | undefined> =>
      (await detectionsOf(places)).find(({ detectionId }) => detectionId === chosen?.detectionId)?.status
    await expect.poll(statusNow, { timeout: 20_000 }).toBe('IN_PROGRESS')

    ticketed = await withTickets()
    dev.child.kill('SIGTERM')
    expect(await dev.ended).toEqual({ code: 0, signal: null })
  }
  await using again = startTripline(['dev', '--every', '0'], env)
  const second = await placesOf(again)
  expect({ key: second.key, simulator: second.simulator }).toEqual({
    key: first.key,
    simulator: first.simulator,
  })
  const nowTicketed = (await detectionsOf(second)).filter(({ ticketId }) => ticketId !== null)
  expect(nowTicketed.map(({ ticketId }) => ticketId)).toEqual(
    expect.arrayContaining(ticketed.map(({ ticketId }) => ticketId)),
  )
  const webhooks = (await (await callJira(second, '/rest/webhooks/1.0/webhook')).json()) as { url: string }[]
  expect(webhooks.map(({ url }) => url.startsWith(second.url))).toEqual([true])
}, 90_000)
