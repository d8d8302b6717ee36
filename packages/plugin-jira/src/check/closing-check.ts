import {
  type ConnectionFinding,
  type ConnectionNeeds,
  errorFinding as error,
  okFinding as ok,
  warningFinding as warning,
} from '@tripline/core'
import type { JiraClient } from '../jira-client.ts'
import { toTicketStatus } from '../jira-mapping.ts'
import type { JiraTransition } from '../jira-payloads.ts'
import { latestIssueQuery } from '../jql.ts'
import type { JiraSettings } from '../settings.ts'
import { missingFields } from '../transition-choice.ts'

/**
 * Whether tickets can be closed with what is mapped. Jira shows transitions of an issue only, so that one has to be
 * there: preferably one that is open, since workflows lead out of a done status in other ways.
 */
export async function closingFindings(
  client: JiraClient,
  type: { readonly id: string; readonly name: string },
  needs: ConnectionNeeds,
  { projectKey }: JiraSettings,
): Promise<readonly ConnectionFinding[]> {
  if (needs.outcomes.length === 0) return []
  const issue = await sampleIssue(client, projectKey, type.id)
  const transitions = issue === null ? null : await client.listTransitions(issue.id)
  if (issue === null || transitions === null) {
    const message = `There is no ${type.name} in ${projectKey} yet, so that what its transitions ask for could not be looked at.`
    return [warning('transitions', message, `Check the connection again once there is a ${type.name}.`)]
  }
  const closing = transitions.filter(({ to }) => toTicketStatus(to).category === 'done')
  if (closing.length === 0) {
    return [
      warning(
        'transitions',
        `No transition open to us leads ${issue.key} to a done status from where it is.`,
        'Give the account the permission that the closing transition asks for, or map the statuses on the way to it.',
      ),
    ]
  }
  const findings = [
    ...closing.flatMap((transition) => requiredFindings(transition, needs.outcomes)),
    ...resolutionFindings(closing, needs.outcomes),
    ...unknownFieldFindings(closing, needs.outcomes),
  ]
  const names = closing.map(({ name }) => name).join(', ')
  return findings.length > 0
    ? findings
    : [ok('transitions', `${issue.key} can be closed with what is mapped, by: ${names}.`)]
}

type Outcomes = ConnectionNeeds['outcomes']

async function sampleIssue(
  client: JiraClient,
  projectKey: string,
  typeId: string,
): Promise<{ readonly id: string; readonly key: string } | null> {
  for (const which of ['open', 'any'] as const) {
    const { issues } = await client.searchIssues(latestIssueQuery(projectKey, typeId, which), null, 1)
    if (issues[0] !== undefined) return issues[0]
  }
  return null
}

/** What a transition requires, and the outcomes do not give. */
function requiredFindings(transition: JiraTransition, outcomes: Outcomes): ConnectionFinding[] {
  const given = outcomes.map(({ resolutionId, fields }) =>
    resolutionId === null ? fields : [...fields, 'resolution'],
  )
  return missingFields(transition, []).flatMap(({ id, shown }) => {
    const giving = given.filter((fields) => fields.includes(id)).length
    if (giving === given.length) return []
    const subject = `transition:${transition.id}:${id}`
    const way = `The transition ${transition.name} to ${transition.to.name} requires ${shown}, and`
    const value = id === 'resolution' ? 'a resolution' : `a value for ${id}`
    return giving === 0
      ? error(
          subject,
          `${way} no outcome of the connection gives it: no ticket can be closed by it.`,
          `Map ${value} in the connection's outcomes.`,
        )
      : warning(
          subject,
          `${way} not every outcome of the connection gives it: what is closed with another one stays open there.`,
          `Map ${value} for every outcome, closing without one among them.`,
        )
  })
}

function resolutionFindings(closing: readonly JiraTransition[], outcomes: Outcomes): ConnectionFinding[] {
  const isMapped = outcomes.some(({ resolutionId }) => resolutionId !== null)
  if (!isMapped || closing.some(({ fields = {} }) => 'resolution' in fields)) return []
  const names = closing.map(({ name }) => name).join(', ')
  return [
    warning(
      'transition:resolution',
      `A resolution is mapped, and no transition to a done status (${names}) has the field on its screen: tickets are closed without the one that is mapped.`,
      'Add Resolution to the screen of the transition, or map no resolution.',
    ),
  ]
}

function unknownFieldFindings(closing: readonly JiraTransition[], outcomes: Outcomes): ConnectionFinding[] {
  const fields = new Set(outcomes.flatMap((outcome) => outcome.fields))
  return [...fields]
    .filter((field) => closing.every(({ fields: screen = {} }) => !(field in screen)))
    .map((field) =>
      error(
        `transition:${field}`,
        `${field} is mapped in an outcome, and no transition to a done status has it on its screen: Jira refuses to close a ticket with it.`,
        `Add ${field} to the screen of the transition, or take it out of the connection's outcomes.`,
      ),
    )
}
