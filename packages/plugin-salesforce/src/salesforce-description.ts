import type { ConnectionDescription } from '@tripline/core'
import { toCategory } from './case-mapping.ts'
import type { SalesforceClient } from './salesforce-client.ts'
import type { DescribedObject } from './salesforce-payloads.ts'
import type { SalesforceSettings } from './settings.ts'

/** The values that cases can have, by the names that the API takes, which administrators cannot change by translating. */
export async function describeSalesforce(
  client: SalesforceClient,
  settings: SalesforceSettings,
): Promise<ConnectionDescription> {
  const statuses = await client.listCaseStatuses()
  const described = await client.describe('Case')
  return {
    statuses: statuses.map(({ ApiName: id, IsClosed }) => ({
      id,
      name: id,
      category: toCategory(id, IsClosed, settings),
    })),
    resolutions: settings.outcomeField === undefined ? [] : picklist(described, settings.outcomeField),
    priorities: picklist(described, 'Priority'),
  }
}

function picklist(
  { fields }: DescribedObject,
  name: string,
): readonly { readonly id: string; readonly name: string }[] {
  const values = fields.find((field) => field.name === name)?.picklistValues ?? []
  return values
    .filter(({ active }) => active)
    .map(({ label, value }) => ({ id: value, name: label ?? value }))
}
