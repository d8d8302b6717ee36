import { print, type CommandContext } from './command-context.ts'

/** Shows the first administrator's key, on standard output and not in the log. */
export function showFirstAdminKey(context: CommandContext, key: string): void {
  print(context, `The first administrator's API key, shown only now:\n\n  ${key}\n`)
}
