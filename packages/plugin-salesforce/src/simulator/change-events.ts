import type { StoredRecord } from './fields.ts'
import type { SalesforceOrg, SalesforceUser } from './org.ts'

/** What happens to the event of the next change: none is made, or one that says less. */
export type ChangeEventFault = 'lost' | 'gap' | 'overflow'

/** A change of a case, as it is published. */
export interface ChangeEvent {
  readonly replayId: number
  /** What subscribers get. */
  readonly data: object
}

/** The events of cases, which are kept for three days. */
export interface ChangeEvents {
  publish(
    kind: 'CREATE' | 'UPDATE' | 'DELETE',
    before: Readonly<StoredRecord> | null,
    after: Readonly<StoredRecord>,
    user: SalesforceUser | null,
  ): void
  /** In their order. @throws RangeError when events as old are not kept, or there was none with that id */
  after(replayId: number): readonly ChangeEvent[]
  readonly lastReplayId: number
  /** Called for each that is published. */
  follow(listen: (event: ChangeEvent) => void): void
  /** Lets the next changes have other events than they should. */
  disturb(fault: ChangeEventFault, times?: number): void
  /** Throws away what is kept, as time does. */
  expire(): void
}

const FIRST_ID = 7_001

export function createChangeEvents(org: SalesforceOrg, now: () => Date): ChangeEvents {
  let kept: ChangeEvent[] = []
  let lastReplayId = FIRST_ID
  let oldest = FIRST_ID
  const faults: ChangeEventFault[] = []
  const listeners: ((event: ChangeEvent) => void)[] = []

  return {
    publish(kind, before, after, user) {
      if (org.options.changeDataCapture === false) return
      const fault = faults.shift()
      if (fault === 'lost') return
      // The numbers rise, and leave some out.
      lastReplayId += 1 + (lastReplayId % 3)
      const changed = Object.fromEntries(
        Object.entries(after).filter(([name, value]) => name !== 'Id' && value !== (before?.[name] ?? null)),
      )
      const header = {
        entityName: 'Case',
        recordIds: [fault === 'overflow' ? '000000000000000AAA' : String(after['Id'])],
        changeType: fault === undefined ? kind : `GAP_${fault === 'gap' ? kind : 'OVERFLOW'}`,
        changeOrigin: 'com/salesforce/api/rest/62.0',
        transactionKey: `0000${lastReplayId.toString(16)}-0000-0000-0000-000000000000`,
        sequenceNumber: 1,
        commitTimestamp: now().getTime(),
        commitNumber: lastReplayId * 1_000,
        commitUser: user?.id ?? null,
        changedFields: kind === 'UPDATE' && fault === undefined ? Object.keys(changed) : [],
      }
      const fields = kind === 'DELETE' || fault !== undefined ? {} : changed
      const event = {
        replayId: lastReplayId,
        data: {
          schema: 'IeRuaY6cbI_HsV8Rv1Mc5g',
          payload: { ...fields, ChangeEventHeader: header },
          event: { replayId: lastReplayId },
        },
      }
      kept.push(event)
      for (const listen of listeners) listen(event)
    },
    after(replayId) {
      if (replayId < oldest || replayId > lastReplayId) throw new RangeError('not kept')
      return kept.filter((event) => event.replayId > replayId)
    },
    get lastReplayId() {
      return lastReplayId
    },
    follow: (listen) => void listeners.push(listen),
    disturb(fault, times = 1) {
      for (let count = 0; count < times; count += 1) faults.push(fault)
    },
    expire() {
      kept = []
      lastReplayId += 1
      oldest = lastReplayId
    },
  }
}
