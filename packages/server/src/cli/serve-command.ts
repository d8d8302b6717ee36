import type { Command } from 'commander'
import { version } from '../version.ts'
import { collectGarbage } from './collect-garbage.ts'
import { configure, print, type CommandContext } from './command-context.ts'
import { showFirstAdminKey } from './first-admin-key.ts'
import { runUntilSignal } from './run-until-signal.ts'

/** `tripline serve` */
export function addServeCommand(
  program: Command,
  context: CommandContext,
  end: (code: number) => void,
): void {
  program
    .command('serve')
    .description('Run the server, until SIGTERM or Ctrl-C.')
    .addHelpText(
      'after',
      `
Configured by environment variables:
  PORT (4000), HOST (127.0.0.1)   where to listen
  DATABASE_URL                    a PostgreSQL of your own; without it one is run in TRIPLINE_DATA_DIR (.tripline)
  TRIPLINE_ADMIN_API_KEY          the first administrator's key; without it one is made and shown once
  TRIPLINE_SECRET_KEY             seals the secrets of connections: openssl rand -hex 32
  TRIPLINE_PUBLIC_URL             where people reach the server, for the links in tickets
  TRIPLINE_OUTBOUND_ALLOW         private hosts and networks that may be called, for instance jira.internal,10.1.0.0/16
  LOG_LEVEL (info), LOG_FORMAT (json or pretty)

Examples:
  tripline serve
  DATABASE_URL=postgres://tripline:...@db/tripline HOST=0.0.0.0 tripline serve`,
    )
    .action(async () => {
      const { config, log } = configure(context)
      // Only now, so that short commands do not load the whole server.
      const { startServer } = await import('../server.ts')
      const server = await startServer(config, { log, env: context.env })
      if (server.firstAdminKey !== null) showFirstAdminKey(context, server.firstAdminKey)
      await collectGarbage()
      print(context, `Tripline ${version} is ready at ${server.url}`)
      end(await runUntilSignal(() => server.stop(), log))
    })
}
