import { setTimeout as sleep } from 'node:timers/promises'
import { TicketingError, Unauthorized, Unavailable, type WatchedTickets } from '@tripline/core'
import { BayeuxClient } from './bayeux-client.ts'
import { ClientForgotten, ReplayRefused } from './bayeux-errors.ts'
import { caseChannel, parseCursor, readChangeEvents, toCursor } from './change-event.ts'
import type { OpenStream, Stream } from './salesforce-connection.ts'

/** Only what is new. */
const FROM_NOW_ON = -1
const LONGEST_INTERVAL_MS = 30_000
const PARTING_MS = 1_000

/**
 * Hears of changes of cases by change data capture. A request that fails ends it, since an event that was in a lost answer is
 * sent again to nobody but to whoever subscribes anew, after the last one that arrived.
 */
export async function* watchCases(
  openStream: OpenStream,
  after: string | null,
  { signal }: { readonly signal: AbortSignal },
): AsyncGenerator<WatchedTickets> {
  let stream = await openStream(signal)
  const { organizationId } = stream
  let replayId = after === null ? null : parseCursor(after, organizationId)
  let missed = after !== null && replayId === null
  // A client that is forgotten, or a session that is refused, before it was good for anything will not be better next time.
  let isProven = true
  for (;;) {
    try {
      let answers = 0
      for await (const { events, beginsAnew } of listen(stream, replayId, signal)) {
        answers += 1
        isProven ||= answers > 1
        if (beginsAnew) replayId = null
        const read = readChangeEvents(events)
        replayId = read.replayId ?? replayId
        const cursor = replayId === null ? null : toCursor({ organizationId, replayId })
        const heard = { tickets: read.tickets, cursor, missed: missed || beginsAnew || read.missed }
        missed = false
        yield heard
      }
    } catch (error) {
      if (!isProven) throw error
      if (error instanceof Unauthorized) stream = await stream.renewed(signal)
      else if (!(error instanceof ClientForgotten)) throw error
      isProven = false
      // There is no event yet to continue after.
      missed ||= replayId === null
    }
  }
}

/** Looks whether the events of cases can be had, and leaves again. @throws TicketingError saying why not */
export async function tryWatch(openStream: OpenStream, signal: AbortSignal): Promise<void> {
  const watch = watchCases(openStream, null, { signal })
  await watch.next()
  await watch.return(undefined)
}

interface Answer {
  readonly events: readonly unknown[]
  /** Whether the events to continue after are not kept any more, so that these are new ones. */
  readonly beginsAnew: boolean
}

/** What one client hears; first that it is subscribed. */
async function* listen(stream: Stream, replayId: number | null, signal: AbortSignal): AsyncGenerator<Answer> {
  const client = new BayeuxClient(stream.send, stream.timeoutMs)
  await client.handshake(signal)
  try {
    yield await subscribe(client, replayId, signal)
    for (;;) {
      await pause(client.advice.interval ?? 0, signal)
      yield { events: await client.connect(signal), beginsAnew: false }
      if (client.advice.reconnect === 'none') {
        throw new Unavailable('Salesforce asks us not to go on listening for changes.')
      }
    }
  } finally {
    // There are only so many clients at a time in an organisation.
    await part(client)
  }
}

async function subscribe(
  client: BayeuxClient,
  replayId: number | null,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    const events = await client.subscribe(caseChannel, replayId ?? FROM_NOW_ON, signal)
    return { events, beginsAnew: false }
  } catch (error) {
    if (!(error instanceof ReplayRefused) || replayId === null) throw error
    // Everything there is could be three days of an organisation's changes; a poll finds what matters of it.
    return { events: await client.subscribe(caseChannel, FROM_NOW_ON, signal), beginsAnew: true }
  }
}

async function pause(intervalMs: number, signal: AbortSignal): Promise<void> {
  if (intervalMs === 0) return
  try {
    await sleep(Math.min(intervalMs, LONGEST_INTERVAL_MS), undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
    throw new Unavailable('The watch was ended.')
  }
}

async function part(client: BayeuxClient): Promise<void> {
  try {
    await client.disconnect(AbortSignal.timeout(PARTING_MS))
  } catch (error) {
    if (!(error instanceof TicketingError)) throw error
  }
}
