import type { StoredRecord } from './columns.ts'
import { createIncident, type Saver, updateIncident } from './incident-save.ts'
import type { ServiceNow } from './servicenow.ts'

/** What people do in the instance's own pages. */
export interface People {
  createIncidentAsPerson(fields: Readonly<Record<string, string>>, username?: string): Readonly<StoredRecord>
  editIncidentAsPerson(id: string, fields: Readonly<Record<string, string>>, username?: string): void
  deleteIncident(id: string): void
}

const somebody = 'mlindqvist'

export function people(servicenow: ServiceNow): People {
  const { instance, store } = servicenow
  const as = (username: string): Saver => {
    const user = instance.users.find((known) => known.username === username)
    if (user === undefined) throw new Error(`The instance has no user ${username}`)
    return { user, asPerson: true }
  }
  const incidentOf = (id: string): StoredRecord => {
    const record = store.find('incident', id)
    if (record === null) throw new Error(`There is no incident ${id}`)
    return record
  }
  return {
    createIncidentAsPerson: (fields, username = somebody) => createIncident(servicenow, fields, as(username)),
    editIncidentAsPerson: (id, fields, username = somebody) =>
      updateIncident(servicenow, incidentOf(id), fields, as(username)),
    // No business rule that runs afterwards has the record any more.
    deleteIncident: (id) => store.remove('incident', incidentOf(id)['sys_id'] ?? ''),
  }
}
