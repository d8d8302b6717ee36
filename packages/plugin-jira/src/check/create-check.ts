import {
  type ConnectionFinding,
  type ConnectionNeeds,
  errorFinding as error,
  okFinding as ok,
  warningFinding as warning,
} from '@tripline/core'
import type { JiraClient } from '../jira-client.ts'
import type { JiraSettings } from '../settings.ts'

// What `create` sends, or what Jira fills in by itself.
const SENT_FIELDS = new Set(['project', 'issuetype', 'summary', 'description', 'labels', 'reporter'])
const WANTED_FIELDS = [
  ['labels', error, 'a created ticket is recognised by its label, so that none is created without'],
  ['description', error, 'no ticket can be created'],
  ['priority', warning, 'a mapped priority is refused'],
] as const

/** Whether an issue can be created with what is sent: not less than the screen requires, and nothing that it does not have. */
export async function createFindings(
  client: JiraClient,
  type: { readonly id: string; readonly name: string },
  { createFields }: ConnectionNeeds,
  { projectKey }: JiraSettings,
): Promise<readonly ConnectionFinding[]> {
  const fields = (await client.listCreateFields(type.id)) ?? []
  const has = (id: string): boolean => fields.some(({ fieldId }) => fieldId === id)
  const wanted = WANTED_FIELDS.map(([id, finding, consequence]) =>
    has(id)
      ? ok(`field:${id}`, `${id} can be set.`)
      : finding(
          `field:${id}`,
          `${id} cannot be set when a ${type.name} is created: ${consequence}.`,
          `Add ${id} to the create and edit screens of ${type.name} in ${projectKey}.`,
        ),
  )
  const mapped = createFields
    .filter((id) => !SENT_FIELDS.has(id) && WANTED_FIELDS.every(([known]) => known !== id))
    .map((id) =>
      has(id)
        ? ok(`field:${id}`, `${id}, which is mapped, can be set.`)
        : error(
            `field:${id}`,
            `${id} is mapped, and is not on the create screen of ${type.name}: Jira refuses every create that has it.`,
            `Take ${id} out of the connection's field mapping, or add it to the create screen of ${type.name} in ${projectKey}.`,
          ),
    )
  const missing = fields
    .filter(
      ({ fieldId, required, hasDefaultValue }) =>
        required &&
        hasDefaultValue !== true &&
        !SENT_FIELDS.has(fieldId) &&
        !createFields.includes(fieldId) &&
        fieldId !== 'priority',
    )
    .map(({ fieldId, name }) =>
      error(
        `field:${fieldId}`,
        `${name} (${fieldId}) is required to create a ${type.name}, and the connection's field mapping has no value for it.`,
        `Map a value for ${fieldId}, or give the field a default in Jira.`,
      ),
    )
  return [...wanted, ...mapped, ...missing]
}
