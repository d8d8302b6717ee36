import type { Pool } from 'pg'

/** The right to work on one link; nobody else has it, in any process, until it is released. */
interface LinkLock extends AsyncDisposable {
  /** Aborts when the lock is lost because its database connection is; work must end then. */
  readonly signal: AbortSignal
}

/** Hands out the locks of links. */
export interface LinkLocks {
  /** Takes the lock of a link; `null`: somebody else has it. */
  tryLock(linkId: string): Promise<LinkLock | null>
  close(): void
}

interface Session {
  /** Runs one statement after the other. */
  readonly ask: (name: string, text: string, linkId: string) => Promise<boolean>
  readonly lost: AbortController
  /** Gives the connection up, and every lock with it. */
  readonly end: () => void
}

/**
 * Locks links with PostgreSQL's advisory locks, all of a process on one connection.
 *
 * They are not locks on rows, because a row lock needs a transaction that stays open during calls to the ticketing
 * system, and such a transaction would hold back every reader of the ledger. When the process dies, its connection
 * does, and its locks are free at once.
 */
export function createLinkLocks(pool: Pool): LinkLocks {
  const held = new Set<string>()
  let session: Promise<Session> | null = null

  async function open(): Promise<Session> {
    const client = await pool.connect()
    const lost = new AbortController()
    const end = (): void => {
      if (lost.signal.aborted) return
      lost.abort(new Error('The database connection that held the link locks was lost.'))
      session = null
      client.release(true)
    }
    client.on('error', end)
    client.on('end', end)
    let last: Promise<unknown> = Promise.resolve()
    const ask: Session['ask'] = (name, text, linkId) => {
      const values = [`tripline.link.${linkId}`]
      const next = last.then(() => client.query<{ done: boolean }>({ name, text, values }))
      last = next.catch(() => undefined)
      return next.then(({ rows }) => rows[0]?.done === true)
    }
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
    async tryLock(linkId) {
      // Within one session PostgreSQL would grant the lock again.
      if (held.has(linkId)) return null
      held.add(linkId)
      try {
        const { ask, lost } = await current()
        const locked = await ask(
          'lock-link',
          'select pg_try_advisory_lock(hashtextextended($1, 0)) as done',
          linkId,
        )
        if (!locked) {
          held.delete(linkId)
          return null
        }
        return {
          signal: lost.signal,
          async [Symbol.asyncDispose]() {
            try {
              if (!lost.signal.aborted) await unlock(ask, linkId)
            } finally {
              held.delete(linkId)
            }
          },
        }
      } catch (error) {
        held.delete(linkId)
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

async function unlock(ask: Session['ask'], linkId: string): Promise<void> {
  // A connection that fails here is lost, and its locks with it.
  await ask('unlock-link', 'select pg_advisory_unlock(hashtextextended($1, 0)) as done', linkId).catch(
    () => false,
  )
}
