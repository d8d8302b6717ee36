import { Unavailable } from '@tripline/core'

/** What one login gave, shared by all calls of a connection: logins are counted and limited. */
export interface SharedLogin<Session> {
  /** The present session, or that of a new login. @throws whatever the login throws */
  current(signal: AbortSignal): Promise<Session>
  /** Another session than one that was refused; whoever comes second takes what the first one got. */
  renewed(refused: Session, signal: AbortSignal): Promise<Session>
}

/**
 * Logs in when a session is first needed, and again when one was refused. Calls that need one at once wait for the same
 * login; a call that ends while it waits throws `Unavailable`, and the login goes on for the others.
 *
 * @param waitedFor for the message: the call ended before ...
 */
export function createSharedLogin<Session>(
  logIn: () => Promise<Session>,
  waitedFor: string,
): SharedLogin<Session> {
  let present: { readonly session: Session } | null = null
  let login: Promise<Session> | null = null

  const current = async (signal: AbortSignal): Promise<Session> => {
    if (present !== null) return present.session
    login ??= logIn()
      .then((session) => {
        present = { session }
        return session
      })
      .finally(() => {
        login = null
      })
    return await endedBy(login, signal, waitedFor)
  }

  return {
    current,
    renewed(refused, signal) {
      if (present?.session === refused) present = null
      return current(signal)
    },
  }
}

async function endedBy<Value>(work: Promise<Value>, signal: AbortSignal, waitedFor: string): Promise<Value> {
  const ended = Promise.withResolvers<never>()
  const onAbort = (): void => ended.reject(new Unavailable(`The call ended before ${waitedFor}.`))
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work, ended.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
