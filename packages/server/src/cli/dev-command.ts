import { InvalidArgumentError, type Command } from 'commander'
import type { CommandContext } from './command-context.ts'

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
    .action(async ({ every }: { every: number }) => {
      // Only now, so that short commands do not load the whole server.
      const { runDev } = await import('./dev/run-dev.ts')
      end(await runDev(context, every))
    })
}

function parseSeconds(text: string): number {
  if (/^\d{1,5}$/u.test(text)) return Number(text)
  throw new InvalidArgumentError('Give a number of seconds.')
}
