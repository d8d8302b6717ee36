import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidInput } from '@tripline/core'
import type { Command } from 'commander'
import type { Database } from '../database/client.ts'
import type { LinkMovePlan } from '../tracking/link-moves.ts'
import { print, remark, type CommandContext } from './command-context.ts'
import { commandOrigin } from './command-origin.ts'
import { withDatabase } from './database-command.ts'

const LOOK_EVERY_MS = 500

/** `tripline tickets move` */
export function addTicketsCommand(program: Command, context: CommandContext): void {
  const tickets = program.command('tickets').description('Work on many tickets at once.')
  tickets
    .command('move')
    .description(
      'Move the tickets of one connection to another; without --start, only say what would happen.',
    )
    .requiredOption('--from <name>', 'the connection whose tickets are left')
    .requiredOption('--to <name>', 'the connection where tickets are created that name the old ones')
    .option('--include-closed', 'the tickets of closed detections too')
    .option('--unread', 'do not read each ticket once more first: the system does not answer any more')
    .option('--start', 'begin, and wait until it is over')
    .addHelpText(
      'after',
      `
A running server does the work. Interrupting this command does not stop it; a server that restarts goes on with it.

Examples:
  tripline tickets move --from Jira --to ServiceNow
  tripline tickets move --from Jira --to ServiceNow --start`,
    )
    .action(
      async (given: {
        from: string
        to: string
        includeClosed?: boolean
        unread?: boolean
        start?: boolean
      }) =>
        await withDatabase(context, async (database) => {
          const plan: LinkMovePlan = {
            fromConnectionId: await connectionNamed(database, given.from),
            toConnectionId: await connectionNamed(database, given.to),
            includeClosed: given.includeClosed === true,
            readFirst: given.unread !== true,
          }
          const { previewLinkMove } = await import('../tracking/link-moves.ts')
          const { links, alreadyThere, closedLeft } = await previewLinkMove(database, plan)
          print(context, `${links} tickets are to be moved from ${given.from} to ${given.to}.`)
          if (alreadyThere > 0) print(context, `${alreadyThere} of them have a ticket there already.`)
          if (closedLeft > 0)
            print(context, `${closedLeft} stay, because their detections are closed (--include-closed).`)
          if (given.start === true) await follow(context, database, plan)
          else remark(context, 'Nothing was changed. Add --start to begin.')
        }),
    )
}

async function follow(context: CommandContext, database: Database, plan: LinkMovePlan): Promise<void> {
  const { getLinkMove, startLinkMove } = await import('../tracking/link-moves.ts')
  let move = await startLinkMove(database, plan, commandOrigin())
  let shown = ''
  while (move.state === 'running') {
    const line = `${move.moved} moved, ${move.left} left`
    if (line !== shown) remark(context, line)
    shown = line
    await sleep(LOOK_EVERY_MS)
    move = await getLinkMove(database, move.moveId)
  }
  print(
    context,
    `${move.moved} tickets were moved${move.state === 'stopped' ? '; then it was stopped' : ''}.`,
  )
}

async function connectionNamed(database: Database, name: string): Promise<string> {
  const rows = await database
    .selectFrom('ticketing_connections')
    .select(['connection_id', 'name'])
    .where('deleted_at', 'is', null)
    .orderBy('name')
    .execute()
  const found = rows.find((row) => row.name === name)
  if (found !== undefined) return found.connection_id
  const known = rows.map((row) => row.name).join(', ') || 'none'
  throw new InvalidInput(`There is no connection ${name}; there are: ${known}.`)
}
