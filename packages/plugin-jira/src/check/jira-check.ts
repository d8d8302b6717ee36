import {
  type ConnectionFinding,
  type ConnectionNeeds,
  type ConnectionReport,
  errorFinding as error,
  okFinding as ok,
} from '@tripline/core'
import type { JiraClient } from '../jira-client.ts'
import { toAccount } from '../jira-mapping.ts'
import { type JiraSettings, typeOf } from '../settings.ts'
import { accountFindings } from './account-check.ts'
import { closingFindings } from './closing-check.ts'
import { createFindings } from './create-check.ts'
import { tokenFindings } from './token-check.ts'

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

/** Looks at all that the adapter will need, without changing anything. */
export async function checkJira(
  client: JiraClient,
  needs: ConnectionNeeds,
  settings: JiraSettings,
  now: Date,
): Promise<ConnectionReport> {
  // This route needs no credentials, which differ by deployment.
  const { deploymentType, version } = await client.getServerInfo()
  const product = `Jira ${deploymentType === 'Cloud' ? 'Cloud' : 'Data Center'} ${version}`
  const deployment = deploymentFinding(deploymentType, settings.deployment === 'cloud')
  if (deployment.severity === 'error') return { product, account: null, findings: [deployment] }
  return {
    product,
    account: toAccount(await client.getMyself()),
    findings: [
      deployment,
      ...(await tokenFindings(client, settings, now)),
      ...(await projectFindings(client, needs, settings)),
    ],
  }
}

function deploymentFinding(found: string | undefined, cloud: boolean): ConnectionFinding {
  if (found === undefined || (found === 'Cloud') === cloud)
    return ok('deployment', 'The deployment is as set.')
  return error(
    'deployment',
    `The settings say ${cloud ? 'cloud' : 'data-center'}, but this Jira says it is ${found}.`,
    'Change the deployment in the settings.',
  )
}

async function projectFindings(
  client: JiraClient,
  needs: ConnectionNeeds,
  settings: JiraSettings,
): Promise<readonly ConnectionFinding[]> {
  const { issueType, projectKey } = settings
  const project = await client.getProject()
  if (project === null) {
    return [
      error(
        `project:${projectKey}`,
        `There is no project ${projectKey}, or the account may not see it.`,
        'Correct the project key, or give the account the permission Browse Projects there.',
      ),
    ]
  }
  const findings = [
    ok(`project:${projectKey}`, `The project ${project.name ?? projectKey} is there.`),
    ...(await permissionFindings(client)),
  ]
  const types = (await client.listIssueTypes()) ?? []
  const type = typeOf(types, issueType)
  if (type === undefined) {
    const names = types.map(({ name }) => name).join(', ')
    findings.push(
      error(
        `issue-type:${issueType}`,
        `Nothing of the type ${issueType} can be created in ${projectKey}.`,
        names === '' ? 'Give the account the permission to create issues.' : `Use one of: ${names}.`,
      ),
    )
  } else {
    findings.push(ok(`issue-type:${issueType}`, `${type.name} can be created.`))
    findings.push(...(await createFindings(client, type, needs, settings)))
    findings.push(...(await closingFindings(client, type, needs, settings)))
  }
  findings.push(...(await accountFindings(client, needs, settings)))
  return findings
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
