import type { ConnectionDescription } from '@tripline/core'
import { listChoices } from './choices.ts'
import { toStatus } from './incident-mapping.ts'
import type { ServiceNowClient } from './servicenow-client.ts'
import type { ServiceNowSettings } from './settings.ts'

/** The values that incidents can have. Priorities are those that the settings know how to reach. */
export async function describeServiceNow(
  client: ServiceNowClient,
  settings: ServiceNowSettings,
): Promise<ConnectionDescription> {
  const states = await listChoices(client, 'state', settings)
  const resolutions = await listChoices(client, 'close_code', settings)
  const priorities = await listChoices(client, 'priority', settings)
  return {
    statuses: states.map((state) => toStatus(state, settings)),
    resolutions,
    priorities: Object.keys(settings.priorities).map(
      (id) => priorities.find((priority) => priority.id === id) ?? { id, name: id },
    ),
  }
}
