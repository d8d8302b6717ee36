import type { StoredRecord } from './columns.ts'
import type { InstanceUser, ServiceNowInstance } from './instance.ts'
import type { RecordStore } from './record-store.ts'

/** A simulated instance at work. */
export interface ServiceNow {
  readonly instance: ServiceNowInstance
  readonly store: RecordStore
  readonly now: () => Date
  readonly integration: InstanceUser
  /** Tells whoever wants to know of an incident that was made or changed. */
  incidentChanged(record: StoredRecord): void
}
