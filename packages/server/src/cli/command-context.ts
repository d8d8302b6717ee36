import { parseConfig, unknownVariables, type Config } from '../config.ts'
import { createLog, type Log } from '../log.ts'

/** What a command sees of the process. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

/** A command failed for a reason that its message says whole. */
export class CommandFailure extends Error {
  readonly exitCode: number

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** Writes a line of what was asked for. */
export function print(context: CommandContext, line: string): void {
  context.stdout.write(`${line}\n`)
}

/** Writes a line beside what was asked for. */
export function remark(context: CommandContext, line: string): void {
  context.stderr.write(`${line}\n`)
}

/**
 * The configuration and the log of a command; `defaults` are used where the environment says nothing.
 *
 * @throws ConfigError
 */
export function configure(
  context: CommandContext,
  defaults: Readonly<Record<string, string>> = {},
): { readonly config: Config; readonly log: Log } {
  const given = Object.fromEntries(Object.entries(context.env).filter(([, value]) => value !== ''))
  const config = parseConfig({ ...defaults, ...given })
  const log = createLog(config)
  for (const warning of unknownVariables(context.env)) log.warn(warning)
  return { config, log }
}
