import type { StoredRecord } from './fields.ts'
import type { SalesforceOrg, SalesforceUser } from './org.ts'
import type { RecordStore } from './record-store.ts'
import type { TokenStore } from './tokens.ts'

/** One saving of a case. The organisation itself tells seconds only, and keeps the history of some fields. */
export interface CaseSave {
  readonly at: Date
  readonly user: SalesforceUser
  /** `null`: it was made. */
  readonly before: Readonly<StoredRecord> | null
  readonly after: Readonly<StoredRecord>
}

/** A simulated organisation at work. */
export interface Salesforce {
  readonly org: SalesforceOrg
  readonly store: RecordStore
  readonly tokens: TokenStore
  readonly now: () => Date
  readonly baseUrl: string
  /** Records that a transaction or an approval holds. */
  readonly locks: Map<string, 'UNABLE_TO_LOCK_ROW' | 'ENTITY_IS_LOCKED'>
  /** Requests of the last day, and how many there may be. */
  readonly usage: { used: number; readonly limit: number }
  /** Tells whoever wants to know of a case that was made or changed. */
  caseChanged(record: StoredRecord, before: Readonly<StoredRecord> | null, user: SalesforceUser): void
  /** Takes a case away, into the recycle bin. */
  removeCase(id: string): void
}

/** The present second, as the instants of records are kept. */
export function presentSecond({ now }: Pick<Salesforce, 'now'>): number {
  return Math.floor(now().getTime() / 1000) * 1000
}
