import {
  retryDelayMs,
  TicketingError,
  Unauthorized,
  Unavailable,
  UnexpectedResponse,
  type TicketingAdapter,
  type WatchedTickets,
} from '@tripline/core'
import type { Database } from '../database/client.ts'
import { queueJobs } from '../database/queue-jobs.ts'
import type { ChangeOrigin } from '../ledger/ledger.ts'
import { tracingCalls } from '../plugin-host/call-trace.ts'
import { pauseConnection } from './connection-pause.ts'
import type { TicketingConnection } from './connection.ts'
import { POLL_CONNECTION, requestVerification } from './poll-connection.ts'
import { beginWatch, endWatch, failuresBefore, recordFailure, recordHeard } from './watch-standing.ts'

/** Listens to a ticketing system; what a plugin offers. */
export type Watch = NonNullable<TicketingAdapter['watchTickets']>

/** As often as a link is tried. */
const UNREADABLE_AFTER = 5

/**
 * Listens to a connection's ticketing system until `signal` ends it or it fails, and has the links of the tickets reconciled
 * that are heard of. Where to continue is kept after they are queued, so that whoever comes next hears of them again rather
 * than never. Where changes may have been missed, a poll finds them: its window begins where the last one ended. What
 * the other side refuses or cannot do is recorded, with when to try again.
 *
 * @throws whatever the database throws
 */
export async function watchConnection(
  database: Database,
  connection: TicketingConnection,
  watch: Watch,
  signal: AbortSignal,
): Promise<void> {
  const { connectionId, name } = connection
  const traceId = crypto.randomUUID()
  const since = new Date()
  try {
    await tracingCalls({ traceId, connection: name }, () =>
      listen(database, connectionId, watch, since, { signal, traceId }),
    )
  } catch (error) {
    if (signal.aborted) return
    if (!(error instanceof TicketingError)) throw error
    const origin: ChangeOrigin = { actor: { kind: 'connection', name }, connectionId, traceId }
    await afterFailure(database, connection, error, origin)
  } finally {
    await endWatch(database, connectionId, since)
  }
}

async function listen(
  database: Database,
  connectionId: string,
  watch: Watch,
  since: Date,
  options: { readonly signal: AbortSignal; readonly traceId: string },
): Promise<never> {
  const after = await beginWatch(database, connectionId)
  let answers = 0
  for await (const heard of watch(after, options)) {
    if (options.signal.aborted) break
    answers += 1
    const isBlind = answers === 1 && after === null
    await take(database, connectionId, heard, isBlind)
    // The first answer only says that it stands.
    await recordHeard(database, connectionId, since, heard, answers > 1)
  }
  throw new Unavailable('The ticketing system stopped telling of changes.')
}

async function take(
  database: Database,
  connectionId: string,
  { missed, tickets }: WatchedTickets,
  isBlind: boolean,
): Promise<void> {
  const traceId = crypto.randomUUID()
  await requestVerification(database, connectionId, tickets, traceId)
  if (!missed && !isBlind) return
  // Under a key of its own: the regular poll, if it is at work, has begun before.
  const key = `poll-missed:${connectionId}`
  await queueJobs(database, [{ task: POLL_CONNECTION, payload: { connectionId, traceId }, key, priority: 5 }])
}

async function afterFailure(
  database: Database,
  connection: TicketingConnection,
  error: TicketingError,
  origin: ChangeOrigin,
): Promise<void> {
  const failures = (await failuresBefore(database, connection.connectionId)) + 1
  const next = new Date(Date.now() + retryDelayMs(error, failures, Math.random()))
  // What cannot be read now may never be readable, and everything behind it would wait for it.
  const dropsCursor = error instanceof UnexpectedResponse && failures >= UNREADABLE_AFTER
  await recordFailure(database, connection, { error, failures, next, dropsCursor })
  // Whatever else it is concerns the watch alone: polls go on, and find out for themselves.
  if (!(error instanceof Unauthorized)) return
  await pauseConnection(database, connection, { code: error.code, message: error.message }, origin)
}
