import type { ConnectionFinding, ConnectionReport } from '@tripline/core'
import type { JiraClient } from './jira-client.ts'
import { toAccount } from './jira-mapping.ts'
import type { JiraSettings } from './settings.ts'

const PERMISSIONS = [
  ['BROWSE_PROJECTS', 'error', 'nothing can be read'],
  ['CREATE_ISSUES', 'error', 'no ticket can be created'],
  ['EDIT_ISSUES', 'error', 'summary, description, labels and priority cannot be kept up to date'],
  ['TRANSITION_ISSUES', 'error', 'the status cannot be set'],
  ['ASSIGN_ISSUES', 'error', 'the assignee cannot be set'],
  ['LINK_ISSUES', 'warning', 'tickets get no link back to their detection'],
  ['ADD_COMMENTS', 'warning', 'comments cannot be added'],
  ['RESOLVE_ISSUES', 'warning', 'a resolution may be refused'],
] as const

// What `create` sends, or what Jira fills in by itself.
const SENT_FIELDS = new Set(['project', 'issuetype', 'summary', 'description', 'labels', 'reporter'])
const WANTED_FIELDS = [
  ['labels', 'error', 'a created ticket is recognised by its label, so that none is created without'],
  ['description', 'error', 'no ticket can be created'],
  ['priority', 'warning', 'a mapped priority is refused'],
] as const

/** Looks at all that the adapter will need, without changing anything. */
export async function checkJira(client: JiraClient, settings: JiraSettings): Promise<ConnectionReport> {
  // This route needs no credentials, which differ by deployment.
  const { deploymentType, version } = await client.getServerInfo()
  const product = `Jira ${deploymentType === 'Cloud' ? 'Cloud' : 'Data Center'} ${version}`
  const deployment = deploymentFinding(deploymentType, settings.deployment === 'cloud')
  if (deployment.severity === 'error') return { product, account: null, findings: [deployment] }
  return {
    product,
    account: toAccount(await client.getMyself()),
    findings: [deployment, ...(await projectFindings(client, settings))],
  }
}

function deploymentFinding(found: string | undefined, cloud: boolean): ConnectionFinding {
  if (found === undefined || (found === 'Cloud') === cloud)
    return ok('deployment', 'The deployment is as set.')
  return {
    severity: 'error',
    subject: 'deployment',
    message: `The settings say ${cloud ? 'cloud' : 'data-center'}, but this Jira says it is ${found}.`,
    remedy: 'Change the deployment in the settings.',
  }
}

async function projectFindings(
  client: JiraClient,
  settings: JiraSettings,
): Promise<readonly ConnectionFinding[]> {
  const { projectKey } = settings
  const project = await client.getProject()
  if (project === null) {
    return [
      {
        severity: 'error',
        subject: `project:${projectKey}`,
        message: `There is no project ${projectKey}, or the account may not see it.`,
        remedy: 'Correct the project key, or give the account the permission Browse Projects there.',
      },
    ]
  }
  return [
    ok(`project:${projectKey}`, `The project ${project.name ?? projectKey} is there.`),
    ...(await permissionFindings(client)),
    ...(await createFindings(client, settings)),
  ]
}

async function permissionFindings(client: JiraClient): Promise<readonly ConnectionFinding[]> {
  const held = await client.getPermissions(PERMISSIONS.map(([name]) => name))
  return PERMISSIONS.flatMap(([name, severity, consequence]): ConnectionFinding[] => {
    const has = held?.get(name)
    const subject = `permission:${name}`
    if (has === true) return [ok(subject, `The account has ${name}.`)]
    // Not every deployment knows every permission by this name.
    if (has === undefined && held !== null) return []
    return [
      {
        severity,
        subject,
        message: `The account does not have ${name}: ${consequence}.`,
        remedy: `Grant ${name} to the account in the project's permission scheme.`,
      },
    ]
  })
}

async function createFindings(
  client: JiraClient,
  settings: JiraSettings,
): Promise<readonly ConnectionFinding[]> {
  const { issueType, projectKey } = settings
  const types = (await client.listIssueTypes()) ?? []
  const type = types.find(
    ({ id, name }) => id === issueType || name.toLowerCase() === issueType.toLowerCase(),
  )
  const subject = `issue-type:${issueType}`
  if (type === undefined) {
    const names = types.map(({ name }) => name).join(', ')
    return [
      {
        severity: 'error',
        subject,
        message: `Nothing of the type ${issueType} can be created in ${projectKey}.`,
        remedy: names === '' ? 'Give the account the permission to create issues.' : `Use one of: ${names}.`,
      },
    ]
  }
  const fields = (await client.listCreateFields(type.id)) ?? []
  const wanted = WANTED_FIELDS.map(([id, severity, consequence]): ConnectionFinding => {
    if (fields.some(({ fieldId }) => fieldId === id)) return ok(`field:${id}`, `${id} can be set.`)
    return {
      severity,
      subject: `field:${id}`,
      message: `${id} cannot be set when a ${type.name} is created: ${consequence}.`,
      remedy: `Add ${id} to the create and edit screens of ${type.name} in ${projectKey}.`,
    }
  })
  const missing = fields
    .filter(
      ({ fieldId, required, hasDefaultValue }) =>
        required && hasDefaultValue !== true && !SENT_FIELDS.has(fieldId),
    )
    .map(({ fieldId, name }): ConnectionFinding => ({
      severity: 'error',
      subject: `field:${fieldId}`,
      message: `${name} (${fieldId}) is required to create a ${type.name}, and is only sent when the connection's field mapping has it.`,
      remedy: `Map a value for ${fieldId}, or give the field a default in Jira.`,
    }))
  return [ok(subject, `${type.name} can be created.`), ...wanted, ...missing]
}

function ok(subject: string, message: string): ConnectionFinding {
  return { severity: 'ok', subject, message, remedy: null }
}
