import type { StoredRecord } from './columns.ts'
import type { InstanceUser, ServiceNowInstance } from './instance.ts'
import type { RecordStore } from './record-store.ts'

/** One saving of an incident. The instance itself tells seconds only. */
export interface IncidentSave {
  readonly at: Date
  readonly user: InstanceUser
  /** `null`: it was made. */
  readonly before: Readonly<StoredRecord> | null
  readonly after: Readonly<StoredRecord>
}

/** A simulated instance at work. */
export interface ServiceNow {
  readonly instance: ServiceNowInstance
  readonly store: RecordStore
  readonly now: () => Date
  readonly integration: InstanceUser
  /** Tells whoever wants to know of an incident that was made or changed. */
  incidentChanged(record: StoredRecord, before: Readonly<StoredRecord> | null, user: InstanceUser): void
}
