import {
  type ConnectionFinding,
  type ConnectionNeeds,
  errorFinding as error,
  okFinding as ok,
  warningFinding as warning,
} from '@tripline/core'
import { listChoices } from './choices.ts'
import type { ServiceNowClient } from './servicenow-client.ts'
import type { Named } from './servicenow-payloads.ts'
import type { ServiceNowSettings } from './settings.ts'

/** Whether the values that settings and mappings name are ones that incidents can have. ServiceNow itself takes any. */
export async function choiceFindings(
  client: ServiceNowClient,
  settings: ServiceNowSettings,
  needs: ConnectionNeeds,
): Promise<readonly ConnectionFinding[]> {
  const states = await listChoices(client, 'state', settings)
  if (states.length === 0) {
    return [
      error(
        'table:sys_choice',
        `No states of incidents are to be seen in the language ${settings.language}: no state can be set.`,
        'Give the integration user read access to sys_choice, and set the language to that of its choices.',
      ),
    ]
  }
  return [
    ...stateFindings(states, settings),
    ...codeFindings(await listChoices(client, 'close_code', settings), settings, needs),
    ...priorityFindings(
      await listChoices(client, 'impact', settings),
      await listChoices(client, 'urgency', settings),
      settings,
    ),
  ]
}

function stateFindings(
  states: readonly Named[],
  { doneStates, openStates, stateFields }: ServiceNowSettings,
): readonly ConnectionFinding[] {
  const named = [
    ...openStates.map((id) => ({ id, what: 'an open state' })),
    ...doneStates.map((id) => ({ id, what: 'a done state' })),
    ...Object.keys(stateFields).map((id) => ({ id, what: 'a state with fields' })),
  ]
  return named.map(({ id, what }) => {
    const state = states.find((known) => known.id === id)
    if (state !== undefined) return ok(`state:${id}`, `${state.name} (${id}) is ${what}.`)
    return error(
      `state:${id}`,
      `The settings name ${id} as ${what}, and incidents have no such state.`,
      `Use values of: ${listed(states)}.`,
    )
  })
}

function codeFindings(
  codes: readonly Named[],
  { closeCode }: ServiceNowSettings,
  { outcomes }: ConnectionNeeds,
): readonly ConnectionFinding[] {
  const named = new Set([
    ...outcomes.flatMap(({ resolutionId }) => (resolutionId === null ? [] : [resolutionId])),
    ...(closeCode === undefined ? [] : [closeCode]),
  ])
  const findings = [...named].map((id) =>
    codes.some((code) => code.id === id)
      ? ok(`close_code:${id}`, `${id} is a resolution code.`)
      : error(
          `close_code:${id}`,
          `${id} is no resolution code of incidents.`,
          `Map outcomes to one of: ${listed(codes)}.`,
        ),
  )
  if (closeCode === undefined) {
    findings.push(
      warning(
        'close_code',
        'A detection that is closed without a mapped outcome has no resolution code, which ServiceNow usually demands.',
        `Name a resolution code in the settings: ${listed(codes)}.`,
      ),
    )
  }
  return findings
}

function priorityFindings(
  impacts: readonly Named[],
  urgencies: readonly Named[],
  { priorities }: ServiceNowSettings,
): readonly ConnectionFinding[] {
  return Object.entries(priorities).map(([priority, { impact, urgency }]) => {
    const subject = `priority:${priority}`
    const unknown = [
      ...(impacts.some(({ id }) => id === impact) ? [] : [`impact ${impact}`]),
      ...(urgencies.some(({ id }) => id === urgency) ? [] : [`urgency ${urgency}`]),
    ]
    if (unknown.length === 0) {
      return ok(subject, `The priority ${priority} is asked for by impact ${impact} and urgency ${urgency}.`)
    }
    return warning(
      subject,
      `The priority ${priority} is asked for by ${unknown.join(' and ')}, which incidents do not have.`,
      `Use impacts of ${listed(impacts)} and urgencies of ${listed(urgencies)}, as the instance's priority lookup rules combine them.`,
    )
  })
}

const listed = (choices: readonly Named[]): string =>
  choices.map(({ id, name }) => (id === name ? id : `${id} (${name})`)).join(', ') || 'none is to be seen'
