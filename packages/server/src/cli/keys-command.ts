import { InvalidArgumentError, Option, type Command } from 'commander'
import type { ApiKey } from '../access/api-keys.ts'
import { roles, type Role } from '../access/principal.ts'
import { print, remark, type CommandContext } from './command-context.ts'
import { commandOrigin } from './command-origin.ts'
import { withDatabase } from './database-command.ts'

const DAY_MS = 86_400_000

/** `tripline keys create|list|revoke` */
export function addKeysCommand(program: Command, context: CommandContext): void {
  const keys = program
    .command('keys')
    .description('Make, list and revoke API keys, directly in the database.')
    .addHelpText(
      'after',
      `
Examples:
  tripline keys create --name "Sensor Berlin" --role integration --expires 365d
  tripline keys create --name "Maria's laptop" --role analyst --username mlindqvist
  tripline keys list
  tripline keys revoke 5b1f6c1e-6c0a-4c5e-9d53-0b6f7c0a1d2e`,
    )
  keys
    .command('create')
    .description('Make a key. It alone is written to standard output, and never shown again.')
    .requiredOption('--name <name>', 'what the key is called')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).makeOptionMandatory())
    .option('--username <username>', 'the person who acts with it; not for integrations')
    .option(
      '--expires <when>',
      'a number of days such as 90d, or an instant such as 2027-01-31T00:00:00Z',
      parseExpiry,
    )
    .action(async (given: { name: string; role: Role; username?: string; expires?: Date }) => {
      const input = { ...given, expiresAt: given.expires ?? null }
      const { createApiKey } = await import('../access/api-keys.ts')
      const { migrateToLatest } = await import('../database/migrate.ts')
      const { apiKey, key } = await withDatabase(context, async (database, log) => {
        await migrateToLatest(database, { log })
        return createApiKey(database, input, commandOrigin())
      })
      const until =
        apiKey.expiresAt === null ? 'does not expire' : `expires at ${apiKey.expiresAt.toISOString()}`
      remark(context, `${apiKey.name} (${apiKey.role}, ${apiKey.keyId}) ${until}. The key is shown only now:`)
      print(context, key)
    })
  keys
    .command('list')
    .description('List every key, without the keys themselves.')
    .option('--json', 'as JSON')
    .action(async ({ json = false }: { json?: boolean }) => {
      const { listApiKeys } = await import('../access/api-keys.ts')
      const apiKeys = await withDatabase(context, (database) => listApiKeys(database))
      if (json) print(context, JSON.stringify(apiKeys, null, 2))
      else for (const line of asTable(apiKeys)) print(context, line)
    })
  keys
    .command('revoke <keyId>')
    .description('Make a key useless, within seconds everywhere.')
    .action(async (keyId: string) => {
      const { revokeApiKey } = await import('../access/api-keys.ts')
      const { name } = await withDatabase(context, (database) =>
        revokeApiKey(database, keyId, commandOrigin()),
      )
      print(context, `${name} is revoked.`)
    })
}

function parseExpiry(text: string): Date {
  const days = /^(\d{1,5})d$/u.exec(text)?.[1]
  const expiry = days === undefined ? new Date(text) : new Date(Date.now() + Number(days) * DAY_MS)
  if (Number.isNaN(expiry.getTime())) throw new InvalidArgumentError('Give 90d or 2027-01-31T00:00:00Z.')
  return expiry
}

function asTable(apiKeys: readonly ApiKey[]): readonly string[] {
  const rows = [
    ['ID', 'BEGINS', 'NAME', 'ROLE', 'USER', 'LAST USED', 'STATE'],
    ...apiKeys.map((key) => [
      key.keyId,
      key.prefix,
      key.name,
      key.role,
      key.username ?? '-',
      key.lastUsedAt?.toISOString() ?? 'never',
      stateOf(key),
    ]),
  ]
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function stateOf({ revokedAt, expiresAt }: ApiKey): string {
  if (revokedAt !== null) return `revoked ${revokedAt.toISOString()}`
  if (expiresAt === null) return 'valid'
  return `${expiresAt <= new Date() ? 'expired' : 'valid until'} ${expiresAt.toISOString()}`
}
