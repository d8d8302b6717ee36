import type { ConnectionFinding } from '@tripline/core'
import { reasonOf } from './fault.ts'

/** Looks whether a receiver can be connected to. A receiver of datagrams says nothing, so only its name is looked up. */
export async function checkConnection(
  { host, port }: { readonly host: string; readonly port: number },
  line: { connect(signal: AbortSignal): Promise<void> } | undefined,
  signal: AbortSignal,
): Promise<readonly ConnectionFinding[]> {
  const subject = 'connection'
  try {
    await line?.connect(signal)
    return [{ severity: 'ok', subject, message: `${host}, port ${port}, can be reached.`, remedy: null }]
  } catch (error) {
    return [{ severity: 'error', subject, message: reasonOf(error), remedy: null }]
  }
}
