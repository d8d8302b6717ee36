import {
  AccessDenied,
  type ConnectionFinding,
  type ConnectionNeeds,
  type ConnectionReport,
  Rejected,
  errorFinding as error,
  okFinding as ok,
  warningFinding as warning,
} from '@tripline/core'
import { toOwner } from './case-owner.ts'
import { fieldFindings, picklistFinding } from './field-findings.ts'
import { isRecordId, toLongId } from './record-id.ts'
import type { SalesforceClient } from './salesforce-client.ts'
import { organizationSchema, queueSchema, userSchema } from './salesforce-payloads.ts'
import type { SalesforceSettings } from './settings.ts'
import { quoted } from './soql.ts'

const LOW_ALLOWANCE = 0.1

/**
 * Looks at all that the adapter will need, without changing anything.
 *
 * @param lookAtCapture looks at change data capture, where the settings want it
 */
export async function checkSalesforce(
  client: SalesforceClient,
  settings: SalesforceSettings,
  needs: ConnectionNeeds,
  lookAtCapture: () => Promise<readonly ConnectionFinding[]>,
): Promise<ConnectionReport> {
  const version = await versionFinding(client, settings)
  if (version.severity === 'error') return { product: 'Salesforce', account: null, findings: [version] }
  const [organization] = await client.query(
    'SELECT Name, OrganizationType, IsSandbox FROM Organization LIMIT 1',
    organizationSchema,
  )
  const edition = organization?.OrganizationType ?? 'organisation'
  const product = `Salesforce ${edition}${organization?.IsSandbox === true ? ' (sandbox)' : ''}, API ${settings.apiVersion}`
  const [user] = await listUsers(client, [client.session.userId])
  const findings = [
    version,
    organizationFinding(client.session.organizationId, settings),
    ...(await objectFindings(client, settings, needs)),
    ...(await statusFindings(client, settings)),
    ...(await ownerFindings(client, settings, needs)),
    ...(settings.changeDataCapture ? await lookAtCapture() : []),
  ]
  return {
    product,
    account: user === undefined ? null : toOwner(user),
    findings: [...findings, ...usageFindings(client)],
  }
}

async function versionFinding(
  client: SalesforceClient,
  { apiVersion }: SalesforceSettings,
): Promise<ConnectionFinding> {
  const versions = await client.listApiVersions()
  if (versions.includes(apiVersion)) return ok('api-version', `The API has the version ${apiVersion}.`)
  const remedy = `Use one of: ${versions.slice(-5).join(', ')}.`
  return error('api-version', `The API has no version ${apiVersion}.`, remedy)
}

function organizationFinding(actual: string, { organizationId }: SalesforceSettings): ConnectionFinding {
  const subject = 'organization'
  if (organizationId === undefined) {
    return ok(
      subject,
      `We are connected to the organisation ${actual}. Outbound messages are refused while the settings do not name it.`,
    )
  }
  if (toLongId(organizationId) === actual)
    return ok(subject, `We are connected to the organisation ${actual}.`)
  return error(
    subject,
    `The settings name the organisation ${organizationId}, and the login leads to ${actual}: outbound messages would be refused.`,
    `Correct the organisation id or the login URL.`,
  )
}

async function objectFindings(
  client: SalesforceClient,
  settings: SalesforceSettings,
  needs: ConnectionNeeds,
): Promise<readonly ConnectionFinding[]> {
  const described = await seen(() => client.describe('Case'))
  if (described === null) {
    return [
      error(
        'object:Case',
        'We may not see cases.',
        'Give the integration user a licence and a permission set with access to Case.',
      ),
    ]
  }
  const missing = (['queryable', 'createable', 'updateable'] as const).filter((access) => !described[access])
  const access =
    missing.length === 0
      ? ok('object:Case', 'Cases can be read, created and edited.')
      : error(
          'object:Case',
          `Cases are not ${missing.join(', ')} for us.`,
          'Grant Read, Create and Edit on Case in a permission set.',
        )
  const recordType =
    settings.recordTypeId === undefined
      ? []
      : [recordTypeFinding(settings.recordTypeId, described.recordTypeInfos ?? [])]
  const origin = settings.origin === undefined ? [] : [picklistFinding(described, 'Origin', settings.origin)]
  return [
    access,
    ...fieldFindings(described, settings, needs),
    ...recordType,
    ...origin,
    ...(await companionFindings(client, settings)),
  ]
}

function recordTypeFinding(
  id: string,
  infos: readonly { readonly recordTypeId: string; readonly name: string; readonly available: boolean }[],
): ConnectionFinding {
  const subject = 'record-type'
  const info = infos.find(({ recordTypeId }) => toLongId(recordTypeId) === toLongId(id))
  if (info?.available === true) return ok(subject, `Cases of the record type ${info.name} can be created.`)
  const choices = infos
    .filter(({ available }) => available)
    .map(({ name, recordTypeId }) => `${name} (${recordTypeId})`)
  return error(
    subject,
    `Cases of the record type ${id} cannot be created by us.`,
    `Use one of: ${choices.join(', ') || 'none is open to us'}.`,
  )
}

/** Comments, and the posts that hold further links. */
async function companionFindings(
  client: SalesforceClient,
  { caseUrlField, comments, fieldHistory }: SalesforceSettings,
): Promise<readonly ConnectionFinding[]> {
  const findings: ConnectionFinding[] = []
  if (comments === 'case-comment') {
    const comment = await seen(() => client.describe('CaseComment'))
    findings.push(
      comment?.createable === true && comment.queryable
        ? ok('object:CaseComment', 'Case comments can be added.')
        : warning(
            'object:CaseComment',
            'Case comments cannot be added.',
            'Grant access to Case in a permission set; comments come with Edit.',
          ),
    )
  }
  const post = await seen(() => client.describe('FeedItem'))
  const consequence = [
    ...(comments === 'feed' ? ['comments cannot be added'] : []),
    caseUrlField === undefined
      ? 'cases get no link back to their detection'
      : 'a case gets one link back and no further ones',
  ].join(', and ')
  findings.push(
    post?.createable === true
      ? ok('object:FeedItem', 'Posts can be added to the case feed.')
      : warning(
          'object:FeedItem',
          `Posts cannot be added to the case feed: ${consequence}.`,
          'Turn Chatter on, and feed tracking for Case.',
        ),
  )
  if (fieldHistory) {
    const history = await seen(() => client.describe('CaseHistory'))
    findings.push(
      history?.queryable === true
        ? ok('object:CaseHistory', 'The history of cases can be read.')
        : warning(
            'object:CaseHistory',
            'The history of cases cannot be read: updates will fail.',
            'Turn field history tracking on for Case, or off in the settings.',
          ),
    )
  }
  return findings
}

async function statusFindings(
  client: SalesforceClient,
  { openStatus }: SalesforceSettings,
): Promise<readonly ConnectionFinding[]> {
  const statuses = await client.listCaseStatuses()
  const subject = 'status:open'
  const open = statuses.filter(({ IsClosed }) => !IsClosed).map(({ ApiName }) => ApiName)
  if (!open.includes(openStatus)) {
    return [
      error(
        subject,
        `There is no open case status ${openStatus}.`,
        `Set the open status to one of: ${open.join(', ')}.`,
      ),
    ]
  }
  const initial = statuses.find(({ IsDefault }) => IsDefault)?.ApiName
  if (initial === undefined || initial === openStatus)
    return [ok(subject, `${openStatus} is an open case status.`)]
  return [
    warning(
      subject,
      `New cases get the status ${initial}, which counts as being worked on.`,
      `Set the open status to ${initial}, unless work begins at once.`,
    ),
  ]
}

/** Whoever is to own cases: the one for nobody, and the people that are mapped. */
async function ownerFindings(
  client: SalesforceClient,
  { defaultOwnerId }: SalesforceSettings,
  needs: ConnectionNeeds,
): Promise<readonly ConnectionFinding[]> {
  const wanted = [
    ...(defaultOwnerId === undefined
      ? []
      : [{ subject: 'owner:nobody', what: 'the owner for nobody', id: defaultOwnerId }]),
    ...needs.accounts.map(({ accountId: id, username }) => ({
      subject: `account:${username}`,
      what: username,
      id,
    })),
  ]
  const ids = wanted.map(({ id }) => toLongId(id)).filter((id) => id !== null)
  const users = await listUsers(
    client,
    ids.filter((id) => isRecordId(id, ['005'])),
  )
  const queues = await listQueues(
    client,
    ids.filter((id) => isRecordId(id, ['00G'])),
  )
  return wanted.map(({ id, subject, what }) => {
    const long = toLongId(id)
    const user = users.find(({ Id }) => Id === long)
    const queue = queues.find(({ QueueId }) => QueueId === long)
    if (user?.IsActive === true) return ok(subject, `${what} is the user ${user.Username}.`)
    if (queue !== undefined) return ok(subject, `${what} is the queue ${queue.Queue.Name}.`)
    const problem =
      user === undefined
        ? 'is no user and no queue of cases'
        : `is the user ${user.Username}, who is not active`
    return error(
      subject,
      `${id}, ${what}, ${problem}: no case can be given to them.`,
      'Choose an active user, or a queue that has Case among its objects.',
    )
  })
}

/** As the last answer said; asking for the limits themselves takes a right that integrations rarely have. */
function usageFindings({ usage }: SalesforceClient): readonly ConnectionFinding[] {
  if (usage === null) return []
  const { limit, used } = usage
  const message = `${used} of ${limit} requests of the last 24 hours are used, by everybody in the organisation.`
  if (limit - used > limit * LOW_ALLOWANCE) return [ok('limit:requests', message)]
  return [
    warning(
      'limit:requests',
      message,
      'Poll less often, or buy more API requests: at the limit nothing is synchronised.',
    ),
  ]
}

async function listUsers(
  client: SalesforceClient,
  ids: readonly string[],
): Promise<readonly (typeof userSchema)['_output'][]> {
  if (ids.length === 0) return []
  const list = ids.map(quoted).join(', ')
  return client.queryAll(
    `SELECT Id, Username, Email, Name, IsActive FROM User WHERE Id IN (${list})`,
    userSchema,
  )
}

async function listQueues(
  client: SalesforceClient,
  ids: readonly string[],
): Promise<readonly (typeof queueSchema)['_output'][]> {
  if (ids.length === 0) return []
  const list = ids.map(quoted).join(', ')
  return client.queryAll(
    `SELECT QueueId, Queue.Name FROM QueueSobject WHERE SobjectType = 'Case' AND QueueId IN (${list})`,
    queueSchema,
  )
}

/** `null`: we may not see it. An object that a user has no access to is missing for them. */
async function seen<Value>(ask: () => Promise<Value>): Promise<Value | null> {
  try {
    return await ask()
  } catch (failure) {
    if (failure instanceof AccessDenied || failure instanceof Rejected) return null
    throw failure
  }
}
