import { Session } from 'node:inspector/promises'

/**
 * Collects the garbage now. V8 does it when it needs room, so that a server with little to do would keep for good what
 * starting left behind: a fifth of its memory.
 */
export async function collectGarbage(): Promise<void> {
  const session = new Session()
  session.connect()
  try {
    await session.post('HeapProfiler.collectGarbage')
  } finally {
    session.disconnect()
  }
}
