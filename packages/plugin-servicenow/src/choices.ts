import { allOf, condition, ordered } from './encoded-query.ts'
import type { ServiceNowClient } from './servicenow-client.ts'
import { choiceSchema, type Named } from './servicenow-payloads.ts'
import type { ServiceNowSettings } from './settings.ts'

const MOST = 500

/** A column of incidents whose values are a choice list. */
export type ChoiceColumn = 'state' | 'close_code' | 'priority' | 'impact' | 'urgency'

/** The values that a column offers, in their order. Those of incidents take the place of those of tasks. */
export async function listChoices(
  client: ServiceNowClient,
  column: ChoiceColumn,
  { language }: ServiceNowSettings,
): Promise<readonly Named[]> {
  const { rows } = await client.list('sys_choice', {
    query: allOf(
      condition('name', 'IN', ['incident', 'task']),
      condition('element', '=', column),
      condition('inactive', '=', 'false'),
      condition('language', '=', language),
      ordered('sequence', 'value'),
    ),
    fields: ['value', 'label', 'name', 'sequence'],
    limit: MOST,
    schema: choiceSchema,
  })
  const own = rows.filter(({ name }) => name === 'incident')
  const values = (own.length > 0 ? own : rows).filter(({ value }) => value !== '')
  return [...new Map(values.map(({ label, value }) => [value, { id: value, name: label || value }])).values()]
}
