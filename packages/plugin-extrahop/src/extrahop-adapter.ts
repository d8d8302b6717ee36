import { createHttpClient } from '@tripline/adapter-http'
import type { JsonObject, PluginHost, SourceAdapter, SourceChange } from '@tripline/core'
import { checkExtrahop } from './extrahop-check.ts'
import { ExtrahopClient } from './extrahop-client.ts'
import { createCredentials } from './extrahop-credentials.ts'
import { classifyAnswer, readExtrahopIssues } from './extrahop-errors.ts'
import { listModified } from './modified-detections.ts'
import type { ExtrahopSettings } from './settings.ts'

// A page of large detections has to fit.
const MAX_BYTES = 64 * 1024 * 1024

/** Connects a sensor or console. */
export function createExtrahopAdapter(settings: ExtrahopSettings, host: PluginHost): SourceAdapter {
  const http = createHttpClient({
    fetch: host.fetch,
    now: host.now,
    timeoutMs: settings.timeoutMs,
    maxBytes: MAX_BYTES,
    readIssues: readExtrahopIssues,
    classify: classifyAnswer,
  })
  const credentials = createCredentials(settings, host)
  const clientFor = (signal: AbortSignal): ExtrahopClient =>
    new ExtrahopClient(http, credentials, settings, signal)
  return {
    poll: (cursor, limit, { signal }) => listModified(clientFor(signal), settings, cursor, limit, host.now()),
    read: (externalId, { signal }) => clientFor(signal).findTracking(externalId),
    write: (externalId, change, { signal }) => clientFor(signal).patchDetection(externalId, toBody(change)),
    check: ({ signal }) => checkExtrahop(clientFor(signal), settings),
  }
}

/** `null` removes, and Open is the absence of a status. What is absent is not touched. */
function toBody({ assignee, status, ticketId }: SourceChange): JsonObject {
  return {
    // With every status: a resolution that is left over from closing is refused with any other.
    ...(status === undefined
      ? {}
      : { status: status.status === 'open' ? null : status.status, resolution: status.resolution }),
    ...(assignee === undefined ? {} : { assignee }),
    ...(ticketId === undefined ? {} : { ticket_id: ticketId }),
  }
}
