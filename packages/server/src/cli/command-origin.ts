import { userInfo } from 'node:os'
import type { ChangeOrigin } from '../ledger/ledger.ts'

/** Whoever runs a command on this machine, as the ledger names them. */
export function commandOrigin(): ChangeOrigin {
  const name = `${userInfo().username} (command line)`
  return { actor: { kind: 'person', name }, connectionId: null, traceId: crypto.randomUUID() }
}
