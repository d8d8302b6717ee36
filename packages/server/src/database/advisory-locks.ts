import type { Pool } from 'pg'
import { answerInGroups } from './groups.ts'

/** The right to work on one thing; nobody else has it, in any process, until it is released. */
interface AdvisoryLock extends AsyncDisposable {
  /** Aborts when the lock is lost because its database connection is; work must end then. */
  readonly signal: AbortSignal
}

/** Hands out the locks of things of one kind, by their ids. */
export interface AdvisoryLocks {
  /** Takes the lock of a thing; `null`: somebody else has it. */
  tryLock(id: string): Promise<AdvisoryLock | null>
  close(): void
}

interface Session {
  /** Whether the lock was taken, or given back. */
  readonly ask: (action: LockAction, id: string) => Promise<boolean>
  readonly lost: AbortController
  /** Gives the connection up, and every lock with it. */
  readonly end: () => void
}

type LockAction = 'lock' | 'unlock'

interface LockRequest {
  readonly action: LockAction
  readonly key: string
}

/** More than a process works on at once. */
const MOST_REQUESTS = 1_000

const ASK = `
  select case request.action
    when 'lock' then pg_try_advisory_lock(hashtextextended(request.key, 0))
    else pg_advisory_unlock(hashtextextended(request.key, 0))
  end as done
  from unnest($1::text[], $2::text[]) with ordinality as request(action, key, position)
  order by request.position`

/**
 * Locks things with PostgreSQL's advisory locks, all of a process on one connection. What is asked for while a statement
 * is under way goes into the next one.
 *
 * They are not locks on rows, because a row lock needs a transaction that stays open during calls to the ticketing
 * system, and such a transaction would hold back every reader of the ledger. When the process dies, its connection
 * does, and its locks are free at once.
 *
 * @param prefix tells things of this kind from others, such as `tripline.link`
 */
export function createAdvisoryLocks(pool: Pool, prefix: string): AdvisoryLocks {
  const held = new Set<string>()
  let session: Promise<Session> | null = null

  async function open(): Promise<Session> {
    const client = await pool.connect()
    const lost = new AbortController()
    const end = (): void => {
      if (lost.signal.aborted) return
      lost.abort(new Error('The database connection that held the locks was lost.'))
      session = null
      client.release(true)
    }
    client.on('error', end)
    client.on('end', end)
    const askInGroups = answerInGroups<LockRequest, boolean>({
      most: MOST_REQUESTS,
      answerAll: async (requests) => {
        const values = [requests.map(({ action }) => action), requests.map(({ key }) => key)]
        const { rows } = await client.query<{ done: boolean }>({ name: 'ask-locks', text: ASK, values })
        return requests.map((_, index) => ({ status: 'fulfilled', value: rows[index]?.done === true }))
      },
    })
    const ask: Session['ask'] = (action, id) => askInGroups({ action, key: `${prefix}.${id}` })
    return { ask, lost, end }
  }

  async function current(): Promise<Session> {
    session ??= open()
    try {
      return await session
    } catch (error) {
      session = null
      throw error
    }
  }

  return {
    async tryLock(id) {
      // Within one session PostgreSQL would grant the lock again.
      if (held.has(id)) return null
      held.add(id)
      try {
        const { ask, lost } = await current()
        const locked = await ask('lock', id)
        if (!locked) {
          held.delete(id)
          return null
        }
        return {
          signal: lost.signal,
          async [Symbol.asyncDispose]() {
            try {
              if (!lost.signal.aborted) await unlock(ask, id)
            } finally {
              held.delete(id)
            }
          },
        }
      } catch (error) {
        held.delete(id)
        throw error
      }
    },
    close() {
      void session?.then(
        ({ end }) => end(),
        () => undefined,
      )
      session = null
    },
  }
}

async function unlock(ask: Session['ask'], id: string): Promise<void> {
  // A connection that fails here is lost, and its locks with it.
  await ask('unlock', id).catch(() => false)
}
