import type { ConnectionFinding, ConnectionNeeds, ConnectionReport } from '@tripline/core'
import { z } from 'zod'
import { queueSchema, sessionSchema } from './desk-payloads.ts'
import type { DeskSettings } from './settings.ts'

/** Reads something of Desk. */
type Read = <Value>(path: string, schema: z.ZodType<Value>) => Promise<Value>

/** Looks at what the connection will need, and changes nothing. */
export async function checkDesk(
  read: Read,
  needs: ConnectionNeeds,
  settings: DeskSettings,
): Promise<ConnectionReport> {
  const { agent, product } = await read('/me', sessionSchema)
  const queues = await read('/queues', z.array(queueSchema))
  const queue = queues.find(({ name }) => name === settings.queue)
  if (queue !== undefined) return { product, account: agent, findings: findingsOf(queue, needs) }
  const message = `There is no queue ${settings.queue}, or the agent may not see it.`
  const remedy = 'Correct the queue in the settings, or give the agent access to it.'
  return { product, account: agent, findings: [problem(`queue:${settings.queue}`, message, remedy)] }
}

function findingsOf(
  { agents, fields, name }: z.output<typeof queueSchema>,
  { accounts, createFields, outcomes }: ConnectionNeeds,
): readonly ConnectionFinding[] {
  const wanted = new Set([...createFields, ...outcomes.flatMap((outcome) => outcome.fields)])
  const unknown = [...wanted].filter((field) => !fields.includes(field))
  const strangers = accounts.filter(({ accountId }) => agents.every(({ id }) => id !== accountId))
  return [
    { severity: 'ok', subject: `queue:${name}`, message: `The queue ${name} is there.`, remedy: null },
    ...unknown.map((field) =>
      problem(`field:${field}`, `The queue ${name} has no field ${field}.`, 'Take it out of the mappings.'),
    ),
    ...strangers.map(({ accountId, username }) =>
      problem(
        `account:${accountId}`,
        `${username} is mapped to ${accountId}, whom tickets of ${name} cannot be assigned to.`,
        'Make the agent a member of the queue, or map the person to another one.',
      ),
    ),
    ...outcomes.flatMap(({ resolutionId }) =>
      resolutionId === null
        ? []
        : [problem(`resolution:${resolutionId}`, 'Desk has no resolutions.', 'Map no resolutionId.')],
    ),
  ]
}

function problem(subject: string, message: string, remedy: string): ConnectionFinding {
  return { severity: 'error', subject, message, remedy }
}
