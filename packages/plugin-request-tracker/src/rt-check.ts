import {
  type ConnectionFinding,
  type ConnectionNeeds,
  type ConnectionReport,
  errorFinding as error,
  okFinding as ok,
  warningFinding as warning,
} from '@tripline/core'
import { readTicket } from './current-ticket.ts'
import { ownName } from './own-account.ts'
import type { RtClient } from './rt-client.ts'
import { isCustomField } from './rt-mapping.ts'
import type { RtQueue } from './rt-payloads.ts'
import type { RequestTrackerSettings } from './settings.ts'
import { misplacedStatusesQuery, otherStatusesQuery } from './ticket-sql.ts'

/** Looks at all that the adapter will need, as far as RT tells it to an account that is no administrator. */
export async function checkRequestTracker(
  client: RtClient,
  needs: ConnectionNeeds,
  settings: RequestTrackerSettings,
): Promise<ConnectionReport> {
  const product = `Request Tracker ${await client.getVersion()}`
  const name = await ownName(client, settings)
  const account = name === null ? null : { id: name, name }
  const queue = await client.getQueue(settings.queue)
  if (queue === null || queue.Disabled === '1') {
    return { product, account, findings: [missingQueue(settings.queue)] }
  }
  return {
    product,
    account,
    findings: [
      ok(`queue:${settings.queue}`, `The queue ${queue.Name} is there.`),
      createFinding(queue),
      ...fieldFindings(queue, needs, settings),
      ...(await ticketFindings(client, settings)),
      ...(await statusFindings(client, settings)),
      ...outcomeFindings(needs, settings),
      ...(await accountFindings(client, needs)),
    ],
  }
}

function missingQueue(queue: string): ConnectionFinding {
  return error(
    `queue:${queue}`,
    `There is no queue ${queue} in use, or the account may not see it.`,
    'Correct the name of the queue, or grant the account SeeQueue there.',
  )
}

function createFinding({ Name, _hyperlinks }: RtQueue): ConnectionFinding {
  const subject = 'right:CreateTicket'
  if (_hyperlinks.some(({ ref, type }) => ref === 'create' && type === 'ticket'))
    return ok(subject, 'The account has CreateTicket.')
  return error(
    subject,
    'The account does not have CreateTicket: no ticket can be created.',
    `Grant CreateTicket on ${Name} to the account.`,
  )
}

function fieldFindings(
  { Name, TicketCustomFields }: RtQueue,
  { createFields, outcomes }: ConnectionNeeds,
  { dedupeField, descriptionField, labelsField }: RequestTrackerSettings,
): readonly ConnectionFinding[] {
  const known = new Set(TicketCustomFields.map(({ name }) => name.toLowerCase()))
  const mapped = [...createFields, ...outcomes.flatMap(({ fields }) => fields)].filter(isCustomField)
  const wanted = [
    [dedupeField, 'a created ticket could not be recognised, so that none is created'],
    [labelsField, 'labels are lost'],
    [descriptionField, 'the description is not kept up to date'],
    ...[...new Set(mapped)].map((name) => [name, 'RT ignores the value that is mapped to it'] as const),
  ] as const
  return wanted.flatMap(([name, consequence]): ConnectionFinding[] => {
    if (name === undefined) return []
    const subject = `field:${name}`
    if (known.has(name.toLowerCase())) return [ok(subject, `${name} is a custom field of the queue.`)]
    return [
      error(
        subject,
        `${Name} has no ticket custom field ${name} that the account may see: ${consequence}.`,
        `Make the custom field, apply it to ${Name}, and grant the account SeeCustomField and ModifyCustomField on it.`,
      ),
    ]
  })
}

/** What the account may do with tickets RT shows on a ticket only. */
async function ticketFindings(
  client: RtClient,
  settings: RequestTrackerSettings,
): Promise<readonly ConnectionFinding[]> {
  const { tickets } = await client.searchTickets(otherStatusesQuery(settings.queue, []), 1)
  const [sample] = tickets
  const found = sample === undefined ? null : await readTicket(client, sample.id, settings)
  if (found === null) {
    return [
      warning(
        'right:ShowTicket',
        'The account sees no ticket in the queue, so that its rights to see, change and comment on tickets cannot be looked at.',
        'Grant it ShowTicket, ModifyTicket, OwnTicket, ReassignTicket, CommentOnTicket and ShowTicketComments, and check again when there is a ticket.',
      ),
    ]
  }
  const subject = 'right:CommentOnTicket'
  const comments = found.raw._hyperlinks.some(({ ref }) => ref === 'comment')
  return [
    ok('right:ShowTicket', 'The account sees tickets of the queue.'),
    comments
      ? ok(subject, 'The account has CommentOnTicket.')
      : warning(
          subject,
          'The account does not have CommentOnTicket: comments cannot be added.',
          'Grant CommentOnTicket on the queue to the account.',
        ),
  ]
}

async function statusFindings(
  client: RtClient,
  { queue, statuses }: RequestTrackerSettings,
): Promise<readonly ConnectionFinding[]> {
  const { initial, active, inactive } = statuses
  const findings: ConnectionFinding[] = []
  const found = async (query: string): Promise<string | undefined> =>
    (await client.searchTickets(query, 1)).tickets[0]?.id
  const unknown = await found(otherStatusesQuery(queue, [...initial, ...active, ...inactive]))
  if (unknown !== undefined) {
    findings.push(
      warning(
        'statuses',
        `Ticket ${unknown} has a status that the settings do not name; it counts as active unless RT takes it for a final one.`,
        "Name all statuses of the queue's lifecycle in the settings.",
      ),
    )
  }
  const wrong =
    (await found(misplacedStatusesQuery(queue, [...initial, ...active], '__Inactive__'))) ??
    (await found(misplacedStatusesQuery(queue, inactive, '__Active__')))
  if (wrong !== undefined) {
    findings.push(
      error(
        'statuses',
        `The settings and RT disagree on whether the status of ticket ${wrong} is a final one.`,
        'Put the status where it belongs in the settings.',
      ),
    )
  }
  return findings.length > 0 ? findings : [ok('statuses', 'The statuses in use are as the settings say.')]
}

function outcomeFindings(
  { outcomes }: ConnectionNeeds,
  { statuses: { inactive } }: RequestTrackerSettings,
): readonly ConnectionFinding[] {
  const wanted = new Set(outcomes.map(({ resolutionId }) => resolutionId).filter((id) => id !== null))
  return [...wanted]
    .filter((id) => !inactive.includes(id))
    .map((id) =>
      error(
        `resolution:${id}`,
        `${id} is none of the statuses that tickets are closed with.`,
        `Use one of: ${inactive.join(', ')}.`,
      ),
    )
}

async function accountFindings(
  client: RtClient,
  { accounts }: ConnectionNeeds,
): Promise<readonly ConnectionFinding[]> {
  const findings: ConnectionFinding[] = []
  for (const { accountId, username } of accounts) {
    const user = await client.getUser(accountId)
    if (user !== null && user.Privileged === '1' && user.Disabled !== '1') continue
    const problem =
      user === null
        ? 'who does not exist'
        : 'to whom no ticket can be assigned: the user is disabled or not privileged'
    findings.push(
      error(
        `account:${username}`,
        `${username} is mapped to the user ${accountId}, ${problem}.`,
        `Map ${username} to another user, or make the user privileged and grant OwnTicket.`,
      ),
    )
  }
  return findings
}
