import { Command, CommanderError } from 'commander'
import { ConfigError } from '../config.ts'
import { GatewayError, InvalidInput } from '@tripline/core'
import { isDatabaseUnavailable } from '../database/database-unavailable.ts'
import { version } from '../version.ts'
import { CommandFailure, remark, type CommandContext } from './command-context.ts'
import { addDevCommand } from './dev-command.ts'
import { exitCodes, exitCodesHelp } from './exit-codes.ts'
import { addIngestCommand } from './ingest-command.ts'
import { addKeysCommand } from './keys-command.ts'
import { addMigrateCommand } from './migrate-command.ts'
import { addPluginCommand } from './plugin-command.ts'
import { addServeCommand } from './serve-command.ts'
import { addTicketsCommand } from './tickets-command.ts'

/** Runs the command line to its end; returns the exit code. */
export async function runProgram(args: readonly string[], context: CommandContext): Promise<number> {
  let exitCode: number = exitCodes.done
  const end = (code: number): void => {
    exitCode = code
  }
  const program = new Command('tripline')
    .description(
      'A vendor-neutral gateway that tracks security detections and keeps them in sync with tickets.',
    )
    .version(version)
    .showHelpAfterError('(add --help for help)')
    .addHelpText('after', exitCodesHelp)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    })
  addDevCommand(program, context, end)
  addServeCommand(program, context, end)
  addIngestCommand(program, context, end)
  addMigrateCommand(program, context)
  addKeysCommand(program, context)
  addPluginCommand(program, context)
  addTicketsCommand(program, context)
  for (const command of program.commands) command.copyInheritedSettings(program)
  try {
    await program.parseAsync([...args], { from: 'user' })
    return exitCode
  } catch (error) {
    return report(error, context)
  }
}

function report(error: unknown, context: CommandContext): number {
  // Commander has written what it has to say.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  if (error instanceof ConfigError) {
    remark(context, error.message)
    return exitCodes.usage
  }
  if (error instanceof CommandFailure) {
    remark(context, error.message)
    return error.exitCode
  }
  if (error instanceof InvalidInput) {
    remark(context, error.message)
    return exitCodes.usage
  }
  if (isDatabaseUnavailable(error)) {
    remark(
      context,
      `The database cannot be reached: ${reasonOf(error)}. Is DATABASE_URL right, and is it running?`,
    )
    return exitCodes.failed
  }
  if (error instanceof GatewayError) {
    remark(context, `${error.message}${error.cause instanceof Error ? ` (${error.cause.message})` : ''}`)
    return exitCodes.failed
  }
  const isListening = error instanceof Error && 'syscall' in error && error.syscall === 'listen'
  if (isListening)
    remark(context, `Tripline cannot listen there: ${error.message}. Set PORT or HOST to what is free.`)
  else remark(context, error instanceof Error ? (error.stack ?? error.message) : String(error))
  return exitCodes.failed
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
