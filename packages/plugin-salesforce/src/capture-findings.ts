import {
  AccessDenied,
  type ConnectionFinding,
  Rejected,
  errorFinding as error,
  okFinding as ok,
  warningFinding as warning,
} from '@tripline/core'
import { tryWatch } from './case-watch.ts'
import type { SalesforceClient } from './salesforce-client.ts'
import type { OpenStream } from './salesforce-connection.ts'

const SUBJECT = 'change-data-capture'
const SELECT = 'Select Case under Setup, Integrations, Change Data Capture.'

/** Whether changes of cases can be heard of: by listening for a moment, and by what the setup says, where it may be seen. */
export async function captureFindings(
  client: SalesforceClient,
  openStream: OpenStream,
  signal: AbortSignal,
): Promise<readonly ConnectionFinding[]> {
  const refusal = await refused(() => tryWatch(openStream, signal))
  if (refusal !== null) {
    const remedy = `${SELECT} The integration user needs View All on Case, or the permission View All Data. Or turn change data capture off in the settings: polls find the changes, a little later.`
    return [error(SUBJECT, `The changes of cases cannot be listened for: ${refusal.message}`, remedy)]
  }
  let isCaptured = false
  const hidden = await refused(async () => {
    isCaptured = await client.isCaptured('CaseChangeEvent')
  })
  if (hidden !== null) {
    const message =
      'The changes of cases can be listened for. Whether Case is selected may not be seen by us.'
    return [ok(SUBJECT, `${message} If changes arrive with the polls only: ${SELECT}`)]
  }
  if (isCaptured) return [ok(SUBJECT, 'The changes of cases are captured, and can be listened for.')]
  return [
    warning(
      SUBJECT,
      'The changes of cases are not captured, so that they arrive with the polls only.',
      SELECT,
    ),
  ]
}

async function refused(ask: () => Promise<void>): Promise<AccessDenied | Rejected | null> {
  try {
    await ask()
    return null
  } catch (failure) {
    if (failure instanceof AccessDenied || failure instanceof Rejected) return failure
    throw failure
  }
}
