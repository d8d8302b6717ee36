import { createApiKey } from '../../src/access/api-keys.ts'
import type { Role } from '../../src/access/principal.ts'
import { ingestReports } from '../../src/detections/ingest-detections.ts'
import { extrahopFormat } from '../../src/formats/extrahop.ts'
import type { ChangeOrigin } from '../../src/ledger/ledger.ts'
import { updateTrackingSettings, type TrackingSettingsPatch } from '../../src/tracking/tracking-settings.ts'
import { startTestApp, type TestApp } from '../http/test-app.ts'

export const origin: ChangeOrigin = {
  actor: { kind: 'system', name: 'test' },
  connectionId: null,
  traceId: 'test',
}

/** An answer as a client sees it. */
export interface RestResponse {
  readonly status: number
  readonly text: string
  readonly headers: Headers
  // oxlint-disable-next-line typescript/no-explicit-any -- a test says by its assertions what it expects in there
  readonly json: any
}

interface CallOptions {
  /** Sent as JSON, unless it is a text or bytes already. */
  readonly body?: unknown
  /** The whole `Authorization` header; `null`: none. Default: an administrator's key. */
  readonly authorization?: string | null
  readonly headers?: Record<string, string>
}

/** The API on a database of its own, with external and internal tracking on. */
export interface RestApp extends AsyncDisposable {
  readonly app: TestApp
  readonly adminKey: string
  call(method: string, path: string, options?: CallOptions): Promise<RestResponse>
  key(role: Role, username?: string): Promise<string>
  /** Stores detections as ExtraHop has them. */
  ingest(...records: readonly object[]): Promise<void>
  track(patch: TrackingSettingsPatch): Promise<void>
  /** The kinds, actors and changes of a detection's ledger rows after the first. */
  changes(id: string): Promise<readonly { kind: string; actor: object; change: object }[]>
}

/** A detection as ExtraHop's API has it. */
export function record(id: number | string, changes: object = {}): object {
  return {
    id,
    title: `Detection ${id}`,
    description: 'Something happened.',
    type: 'suspicious_thing',
    categories: ['sec', 'sec.lateral'],
    risk_score: 61,
    start_time: 1_700_000_000_000,
    update_time: 1_700_000_060_000,
    create_time: 1_700_000_001_000,
    end_time: null,
    ...changes,
  }
}

export async function startRestApp(env: Record<string, string> = {}): Promise<RestApp> {
  const app = await startTestApp(env)
  const key = async (role: Role, username?: string): Promise<string> => {
    const name = username ?? role
    return (await createApiKey(app.database, { name, role, username: username ?? null }, origin)).key
  }
  const adminKey = await key('admin', 'ada')
  const track = async (patch: TrackingSettingsPatch): Promise<void> => {
    await updateTrackingSettings(app.database, patch, { reattach: false }, origin)
  }
  await track({ internalTracking: true, externalTracking: true })
  return {
    app,
    adminKey,
    key,
    track,
    async call(method, path, { body, authorization = `ExtraHop apikey=${adminKey}`, headers = {} } = {}) {
      const isRaw = typeof body === 'string' || body instanceof Uint8Array || body === undefined
      const response = await fetch(`${app.url}${path}`, {
        method,
        headers: { ...(authorization === null ? {} : { authorization }), ...headers },
        ...(body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }),
      })
      const text = await response.text()
      const { status } = response
      return { status, text, headers: response.headers, json: text === '' ? null : parsed(text) }
    },
    async ingest(...records) {
      const reports = records.map((each, index) => ({ index, report: extrahopFormat.parse(each) }))
      await ingestReports(app.database, 'sensor', reports, origin)
    },
    async changes(id) {
      const rows = await app.database
        .selectFrom('detection_events')
        .select(['kind', 'actor', 'change'])
        .where('detection_id', '=', id)
        .orderBy('event_id')
        .offset(1)
        .execute()
      return rows
    },
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
