import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, type Client } from 'graphql-sse'
import type { Journal } from './journal.ts'

/** What to watch, and where to keep it. */
export interface WatchOptions {
  readonly url: string
  readonly apiKey: string
  /** A `DetectionFilter` of the API. */
  readonly filter: Readonly<Record<string, unknown>>
  readonly journal: Journal
  readonly show: (line: string) => void
}

const LIVE_CURSOR = '{ detections(first: 1) { liveCursor } }'

const UPDATES = `
  subscription ($filter: DetectionFilter, $after: String) {
    detectionUpdated(filter: $filter, after: $after) {
      cursor
      event { kind at actor { name } }
      detection { detectionId externalId title status assignee { username } ticketId }
    }
  }`

interface Update {
  readonly cursor: string
  readonly event: {
    readonly kind: string
    readonly at: string
    readonly actor: { readonly name: string }
  } | null
  readonly detection: { readonly detectionId: string; readonly title: string; readonly status: string } | null
}

const RETRY_MS = 1_000

/** Follows detections for ever. When the connection is lost it makes another one, behind the last update it has. */
export async function watchDetections(options: WatchOptions): Promise<never> {
  const client = createClient({
    url: options.url,
    headers: { authorization: `Bearer ${options.apiKey}` },
    // The client would repeat the request as it was; we go on from where we are.
    retryAttempts: 0,
  })
  for (;;) {
    try {
      await follow(client, options)
    } catch (error) {
      if (error instanceof Refused) throw error
      process.stderr.write(`The connection was lost (${String(error)}); trying again.\n`)
    }
    await sleep(RETRY_MS)
  }
}

async function follow(client: Client, { filter, journal, show }: WatchOptions): Promise<void> {
  // Before the first update there is no cursor to go on from. Lists have one: nothing since then is missed.
  if (journal.cursor === null) await journal.append({ cursor: await liveCursor(client) })
  const variables = { filter, after: journal.cursor }
  for await (const result of client.iterate<{ detectionUpdated: Update }>({ query: UPDATES, variables })) {
    if (result.errors !== undefined) throw new Refused(result.errors.map(({ message }) => message).join('; '))
    const update = result.data?.detectionUpdated
    if (update === undefined) continue
    await journal.append({ cursor: update.cursor, update })
    show(
      `${update.event?.at ?? ''} ${update.event?.kind ?? ''} by ${update.event?.actor.name ?? ''}: ` +
        `${update.detection?.title ?? 'deleted'} (${update.detection?.status ?? ''})`,
    )
  }
}

async function liveCursor(client: Client): Promise<string> {
  for await (const { data, errors } of client.iterate<{ detections: { liveCursor: string } }>({
    query: LIVE_CURSOR,
  })) {
    if (data) return data.detections.liveCursor
    throw new Refused(errors?.map(({ message }) => message).join('; '))
  }
  throw new Error('The server gave no answer')
}

/** The server said no; asking again would not change that. */
class Refused extends Error {}
