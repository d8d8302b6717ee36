import { parseDestination } from '../../plugin-host/allowed-destination.ts'
import type { ChangeOrigin } from '../../ledger/ledger.ts'
import { startServer, type RunningServer } from '../../server.ts'
import { updateTrackingSettings } from '../../tracking/tracking-settings.ts'
import { configure, print, type CommandContext } from '../command-context.ts'
import { runUntilSignal } from '../run-until-signal.ts'
import { connectSimulator } from './dev-connection.ts'
import { ingestSamples, startSensor } from './dev-detections.ts'
import { startDevSimulator } from './dev-simulator.ts'
import { readDevState, writeDevState } from './dev-state.ts'
import { devWelcome } from './dev-welcome.ts'

const DEFAULTS = { TRIPLINE_DEVELOPMENT: 'true', LOG_FORMAT: 'pretty', LOG_LEVEL: 'warn' }

/** Runs a server with a simulated Jira and a sample sensor until it is told to stop; returns the exit code. */
export async function runDev(context: CommandContext, everySeconds: number): Promise<number> {
  const { config, log } = configure(context, DEFAULTS)
  const state = await readDevState(config.dataDir)
  await writeDevState(config.dataDir, state)
  await using parts = new AsyncDisposableStack()
  const simulator = await startDevSimulator(config.dataDir, state.simulatorPort)
  parts.defer(() => simulator.close())
  const adminApiKey = config.adminApiKey ?? state.adminApiKey
  const simulatorPort = Number(new URL(simulator.url).port)
  await writeDevState(config.dataDir, { ...state, simulatorPort })

  const loopback = parseDestination('127.0.0.1')
  const outboundAllow = [...config.outboundAllow, ...(loopback === undefined ? [] : [loopback])]
  const server = await startServer({ ...config, adminApiKey, outboundAllow }, { log, env: context.env })
  parts.defer(() => server.stop())
  await prepare(server, simulator.url)
  if (everySeconds > 0) parts.defer(startSensor(server.services.database, everySeconds, log))

  print(
    context,
    devWelcome({
      serverUrl: server.url,
      simulatorUrl: simulator.url,
      apiKey: adminApiKey,
      dataDir: config.dataDir,
    }),
  )
  // Awaited here: on leaving, the parts are stopped.
  return await runUntilSignal(() => parts.disposeAsync(), log)
}

async function prepare({ services, url }: RunningServer, simulatorUrl: string): Promise<void> {
  const { database } = services
  const origin: ChangeOrigin = {
    actor: { kind: 'system', name: 'tripline dev' },
    connectionId: null,
    traceId: crypto.randomUUID(),
  }
  const known = await database.selectFrom('tracking_settings').select('singleton').executeTakeFirst()
  if (known === undefined) {
    const ticketUrlTemplate = `${simulatorUrl}/browse/$ticket_id`
    const settings = { internalTracking: true, externalTracking: true, ticketUrlTemplate }
    await updateTrackingSettings(database, settings, { reattach: false }, origin)
  }
  await connectSimulator(services, simulatorUrl, url, origin)
  await ingestSamples(database, origin)
}
