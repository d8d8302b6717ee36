import type { Command } from 'commander'
import { print, type CommandContext } from './command-context.ts'
import { withDatabase } from './database-command.ts'

/** `tripline migrate` */
export function addMigrateCommand(program: Command, context: CommandContext): void {
  program
    .command('migrate')
    .description('Bring the database to the state this version needs, and end. `serve` does so too.')
    .addHelpText('after', '\nExample:\n  DATABASE_URL=postgres://tripline:...@db/tripline tripline migrate')
    .action(async () => {
      const { migrateToLatest } = await import('../database/migrate.ts')
      const { applied } = await withDatabase(context, (database, log) => migrateToLatest(database, { log }))
      for (const name of applied) print(context, `applied ${name}`)
      if (applied.length === 0) print(context, 'The database is up to date.')
    })
}
