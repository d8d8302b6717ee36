import {
  AccessDenied,
  type ConnectionFinding,
  type ConnectionNeeds,
  type ConnectionReport,
  Rejected,
  type TicketAccount,
  errorFinding as error,
  okFinding as ok,
  warningFinding as warning,
} from '@tripline/core'
import { choiceFindings } from './choice-findings.ts'
import { columnFindings } from './column-findings.ts'
import { condition, ordered } from './encoded-query.ts'
import type { FoundRows, ServiceNowClient } from './servicenow-client.ts'
import {
  auditSchema,
  changedIncidentSchema,
  columnSchema,
  groupSchema,
  journalEntrySchema,
} from './servicenow-payloads.ts'
import type { ServiceNowSettings } from './settings.ts'
import { findSelf, listUsers } from './user-account.ts'

const MANY = 2_000
const SAMPLE = 50

/** Looks at all that the adapter will need, without changing anything. */
export async function checkServiceNow(
  client: ServiceNowClient,
  settings: ServiceNowSettings,
  needs: ConnectionNeeds,
): Promise<ConnectionReport> {
  const account = (await seen(() => findSelf(client))) ?? null
  const findings = [
    accountFinding(account),
    await incidentFinding(client),
    ...columnFindings((await seen(() => listColumns(client))) ?? [], settings, needs),
    ...((await seen(() => choiceFindings(client, settings, needs))) ?? [noChoices]),
    await journalFinding(client),
    ...(settings.history ? [await historyFinding(client)] : []),
    ...(await groupFindings(client, settings)),
    ...(await peopleFindings(client, settings, needs)),
  ]
  return { product: `ServiceNow (${new URL(settings.baseUrl).host})`, account, findings }
}

const noChoices = error(
  'table:sys_choice',
  'The values of choice lists cannot be read: no state can be set.',
  'Give the integration user read access to sys_choice.',
)

function accountFinding(account: TicketAccount | null): ConnectionFinding {
  if (account !== null) return ok('account', `We are ${account.name}.`)
  return warning(
    'account',
    'We cannot see our own user, nor others: nobody can be found by name, and assignees are not checked before they are set.',
    'Give the integration user read access to sys_user: user_name, name, email and active.',
  )
}

async function incidentFinding(client: ServiceNowClient): Promise<ConnectionFinding> {
  const subject = 'table:incident'
  const remedy =
    'Give the integration user the roles sn_incident_read and sn_incident_write, or itil. Where an instance asks for it, snc_platform_rest_api_access as well.'
  const found = await seen(() =>
    client.list('incident', {
      query: ordered('sys_updated_on', 'sys_id'),
      fields: ['sys_id', 'number', 'sys_updated_on'],
      limit: SAMPLE,
      schema: changedIncidentSchema,
    }),
  )
  if (found === null) return error(subject, 'Incidents cannot be read.', remedy)
  const looked = Math.min(found.total ?? 0, SAMPLE)
  const hidden = looked - found.rows.length
  if (isHidden(found)) {
    return error(
      subject,
      `There are ${found.total ?? 0} incidents, and we may see none of the oldest ${looked}.`,
      remedy,
    )
  }
  if (hidden > 0) {
    const message = `Of the oldest ${looked} incidents, access rules keep ${hidden} from us: such cannot be linked, and are taken for out of reach when they were.`
    return warning(subject, message, remedy)
  }
  return ok(subject, 'Incidents can be read. Whether they can be written only writing tells.')
}

async function listColumns(client: ServiceNowClient): Promise<readonly (typeof columnSchema)['_output'][]> {
  const { rows } = await client.list('sys_dictionary', {
    query: `${condition('name', 'IN', ['task', 'incident'])}^elementISNOTEMPTY^ORDERBYDESCname`,
    fields: ['element', 'column_label', 'max_length', 'mandatory', 'default_value'],
    limit: MANY,
    schema: columnSchema,
  })
  return rows
}

async function journalFinding(client: ServiceNowClient): Promise<ConnectionFinding> {
  const subject = 'table:sys_journal_field'
  const found = await seen(() =>
    client.list('sys_journal_field', {
      query: condition('element', 'IN', ['work_notes', 'comments']),
      fields: ['sys_id', 'value', 'sys_created_on'],
      limit: 1,
      schema: journalEntrySchema,
    }),
  )
  if (found !== null && !isHidden(found)) return ok(subject, 'Journal entries can be read.')
  return warning(
    subject,
    'Journal entries cannot be read: comments cannot be added, and incidents made by others cannot be linked back.',
    'Make a read ACL on sys_journal_field for a role of the integration user.',
  )
}

async function historyFinding(client: ServiceNowClient): Promise<ConnectionFinding> {
  const subject = 'table:sys_audit'
  const found = await seen(() =>
    client.list('sys_audit', {
      query: condition('tablename', '=', 'incident'),
      fields: ['fieldname', 'newvalue', 'user', 'record_checkpoint'],
      limit: 1,
      schema: auditSchema,
    }),
  )
  if (found !== null && !isHidden(found)) return ok(subject, 'The history of incidents can be read.')
  return error(
    subject,
    'The history of incidents cannot be read.',
    'Make a read ACL on sys_audit for a role of the integration user, or turn the history off in the settings.',
  )
}

async function groupFindings(
  client: ServiceNowClient,
  { assignmentGroup: id }: ServiceNowSettings,
): Promise<readonly ConnectionFinding[]> {
  if (id === undefined) return []
  const found = await seen(() =>
    client.list('sys_user_group', {
      query: condition('sys_id', '=', id),
      fields: ['sys_id', 'name', 'active'],
      limit: 1,
      schema: groupSchema,
    }),
  )
  const group = found?.rows[0]
  if (group?.active === true) return [ok('assignment_group', `New incidents go to ${group.name}.`)]
  const problem =
    group === undefined
      ? 'is the sys_id of no group that we may see'
      : `is ${group.name}, which is not active`
  return [
    error(
      'assignment_group',
      `The assignment group ${id} ${problem}.`,
      'Take the sys_id of an active group (sys_user_group).',
    ),
  ]
}

/** Whoever is to stand in incidents: the caller, and the people that are mapped. */
async function peopleFindings(
  client: ServiceNowClient,
  { callerId }: ServiceNowSettings,
  { accounts }: ConnectionNeeds,
): Promise<readonly ConnectionFinding[]> {
  const wanted = [
    ...(callerId === undefined ? [] : [{ subject: 'caller', what: 'the caller', id: callerId }]),
    ...accounts.map(({ accountId: id, username }) => ({
      subject: `account:${username}`,
      what: username,
      id,
    })),
  ]
  if (wanted.length === 0) return []
  const users =
    (
      await seen(() =>
        listUsers(
          client,
          wanted.map(({ id }) => id),
        ),
      )
    )?.rows ?? []
  return wanted.map(({ id, subject, what }) => {
    const user = users.find((known) => known.sys_id === id)
    if (user?.active === true) return ok(subject, `${what} is the user ${user.user_name}.`)
    const problem =
      user === undefined
        ? 'is the sys_id of no user that we may see'
        : `is the user ${user.user_name}, who is not active`
    return error(subject, `${id}, ${what}, ${problem}.`, 'Map the sys_id of an active user (sys_user).')
  })
}

function isHidden({ rows, total }: FoundRows<unknown>): boolean {
  return rows.length === 0 && total !== null && total > 0
}

/** `null`: we may not see it. */
async function seen<Value>(ask: () => Promise<Value>): Promise<Value | null> {
  try {
    return await ask()
  } catch (failure) {
    if (failure instanceof AccessDenied || failure instanceof Rejected) return null
    throw failure
  }
}
