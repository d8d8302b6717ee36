import { InvalidArgumentError, type Command } from 'commander'
import type { ChangeOrigin } from '../ledger/ledger.ts'
import { parseDestination } from '../plugin-host/allowed-destination.ts'
import { startServer, type RunningServer } from '../server.ts'
import { updateTrackingSettings } from '../tracking/tracking-settings.ts'
import { configure, print, type CommandContext } from './command-context.ts'
import { connectSimulator } from './dev/dev-connection.ts'
import { ingestSamples, startSensor } from './dev/dev-detections.ts'
import { startDevSimulator } from './dev/dev-simulator.ts'
import { readDevState, writeDevState } from './dev/dev-state.ts'
import { devWelcome } from './dev/dev-welcome.ts'
import { runUntilSignal } from './run-until-signal.ts'

const DEFAULTS = { TRIPLINE_DEVELOPMENT: 'true', LOG_FORMAT: 'pretty', LOG_LEVEL: 'warn' }

/** `tripline dev` */
export function addDevCommand(program: Command, context: CommandContext, end: (code: number) => void): void {
  program
    .command('dev')
    .description('Try it out: the server, sample detections and a simulated Jira, connected both ways.')
    .option('--every <seconds>', 'how often a new detection happens; 0 for never', parseSeconds, 20)
    .addHelpText(
      'after',
      `
Everything is kept in TRIPLINE_DATA_DIR (.tripline); remove that directory to begin anew.

Examples:
  tripline dev
  PORT=4100 LOG_LEVEL=info tripline dev --every 0`,
    )
    .action(async ({ every }: { every: number }) => end(await dev(context, every)))
}

async function dev(context: CommandContext, everySeconds: number): Promise<number> {
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
  return runUntilSignal(() => parts.disposeAsync(), log)
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

function parseSeconds(text: string): number {
  if (/^\d{1,5}$/u.test(text)) return Number(text)
  throw new InvalidArgumentError('Give a number of seconds.')
}
