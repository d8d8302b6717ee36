import type { TicketingRulesInput, TicketingPlugin } from '@tripline/core'
import { jiraPlugin } from '@tripline/plugin-jira'
import type { PooledDatabase } from '../../packages/server/src/database/client.ts'
import type { ChangeOrigin } from '../../packages/server/src/ledger/ledger.ts'
import { createSecretBox } from '../../packages/server/src/secrets/secret-box.ts'
import { createAdapters } from '../../packages/server/src/tracking/adapters.ts'
import { createConnection } from '../../packages/server/src/tracking/connections.ts'
import { updateTrackingSettings } from '../../packages/server/src/tracking/tracking-settings.ts'

/** On whose behalf a bench writes. */
export const benchOrigin: ChangeOrigin = {
  actor: { kind: 'integration', name: 'bench' },
  connectionId: null,
  traceId: 'bench',
}

/** The key that seals secrets in benches, as `TRIPLINE_SECRET_KEY` takes it. */
export const secretKey = '07'.repeat(32)

/** The account of the simulated Jira that the gateway uses. */
export const account = { email: 'tripline@example.com', apiToken: 'tripline-token' }

/** Tickets for whatever is serious; the first two make matching go on to the last. */
export const seriousRules: TicketingRulesInput = [
  { name: 'Ransomware', filter: { text: 'ransomware', riskScoreMin: 50 } },
  { name: 'Discovery', filter: { mitreTechniques: ['T1046'], riskScoreMin: 95 } },
  { name: 'Risk 60 and above', filter: { riskScoreMin: 60 } },
]

/** Turns external tracking on and connects a Jira; returns the connection's id. */
export async function connectJira(
  database: PooledDatabase,
  jiraUrl: string,
  rules: TicketingRulesInput,
): Promise<string> {
  const plugins = { list: () => [plugin], find: () => plugin }
  const secrets = createSecretBox({
    key: Buffer.from(secretKey, 'hex'),
    previousKeys: [],
    directories: [],
    env: {},
  })
  const host = { fetch: globalThis.fetch, now: () => new Date(), log: () => undefined }
  const adapters = createAdapters({ plugins, secrets, host })
  await updateTrackingSettings(database, { externalTracking: true }, { reattach: false }, benchOrigin)
  const { connection } = await createConnection(
    { database, plugins, secrets, adapters },
    {
      name: 'Jira',
      plugin: 'jira',
      settings: {
        deployment: 'cloud',
        baseUrl: jiraUrl,
        ...account,
        projectKey: 'SEC',
        issueType: 'Incident',
      },
      rules,
    },
    benchOrigin,
  )
  await adapters.close()
  return connection.connectionId
}

const plugin = jiraPlugin as TicketingPlugin
