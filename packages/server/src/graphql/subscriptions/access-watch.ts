import type { IncomingHttpHeaders } from 'node:http'
import { Unauthenticated } from '@tripline/core'
import type { Principal } from '../../access/principal.ts'
import type { DatabaseLog } from '../../database/database-log.ts'

/** Looks from time to time whether those who subscribed still may. */
export interface AccessWatch {
  /** Calls `onLost` once the headers no longer authenticate the same principal; returns what ends the watch. */
  watch(
    headers: IncomingHttpHeaders,
    principal: Principal,
    onLost: (reason: Unauthenticated) => void,
  ): () => void
  close(): void
}

interface Watched {
  readonly headers: IncomingHttpHeaders
  readonly principal: Principal
  readonly onLost: (reason: Unauthenticated) => void
}

/** Makes a watch that asks once for each credential, however many subscriptions use it. */
export function createAccessWatch(
  authenticate: (headers: IncomingHttpHeaders) => Promise<Principal | null>,
  everyMs: number,
  log: DatabaseLog,
): AccessWatch {
  const watched = new Set<Watched>()
  let checking = false

  const lossOf = async (headers: IncomingHttpHeaders, before: Principal): Promise<Unauthenticated | null> => {
    try {
      const now = await authenticate(headers)
      return now?.keyId === before.keyId && now.role === before.role
        ? null
        : new Unauthenticated('The credentials no longer allow this; subscribe again.')
    } catch (error) {
      if (error instanceof Unauthenticated) return error
      throw error
    }
  }

  const check = async (): Promise<void> => {
    if (checking) return
    checking = true
    try {
      for (const [, group] of Map.groupBy(
        watched,
        ({ headers, principal }) => `${headers.authorization} ${principal.role}`,
      )) {
        const [first] = group
        if (first === undefined) continue
        const loss = await lossOf(first.headers, first.principal)
        if (loss !== null) for (const { onLost } of group) onLost(loss)
      }
    } catch (error) {
      log.warn({ err: error }, 'the credentials of subscriptions could not be checked; trying again')
    } finally {
      checking = false
    }
  }

  const timer = setInterval(() => void check(), everyMs)
  timer.unref()
  return {
    watch(headers, principal, onLost) {
      const entry = { headers, principal, onLost }
      watched.add(entry)
      return () => watched.delete(entry)
    },
    close() {
      clearInterval(timer)
      watched.clear()
    },
  }
}
