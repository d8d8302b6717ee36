import type { StoredRecord } from './fields.ts'
import { idOf, objectOf, type SalesforceOrg } from './org.ts'

/** What an organisation holds. */
export interface RecordStore {
  /** In the order they were made; deleted ones are not among them. */
  rows(object: string): readonly StoredRecord[]
  find(object: string, id: string): StoredRecord | null
  /** A user, or a group, by the id that something refers to it with. */
  referred(id: string): StoredRecord | null
  add(object: string, record: StoredRecord): StoredRecord
  remove(object: string, id: string): void
  isDeleted(id: string): boolean
  nextNumber(name: string): number
  clear(): void
}

export function createRecordStore(org: SalesforceOrg): RecordStore {
  const tables = new Map<string, StoredRecord[]>()
  const counters = new Map<string, number>()
  const deleted = new Set<string>()
  const table = (object: string): StoredRecord[] => {
    const rows = tables.get(object) ?? []
    tables.set(object, rows)
    return rows
  }
  const nextNumber = (name: string): number => {
    const next = (counters.get(name) ?? 0) + 1
    counters.set(name, next)
    return next
  }
  const find = (object: string, id: string): StoredRecord | null =>
    table(object).find(({ Id }) => Id === id) ?? null

  const add = (object: string, record: StoredRecord): StoredRecord => {
    const prefix = objectOf(org, object)?.prefix
    if (prefix === undefined) throw new Error(`There is no object ${object}`)
    const stored = { Id: idOf(prefix, nextNumber(object) + 1_000), ...record }
    table(object).push(stored)
    return stored
  }

  function fill(): void {
    for (const { email, id, isActive, name, username } of org.users) {
      add('User', { Id: id, Username: username, Email: email, Name: name, IsActive: isActive })
    }
    for (const { id, name, objects } of org.queues) {
      add('Group', { Id: id, Name: name, Type: 'Queue' })
      for (const object of objects) add('QueueSobject', { QueueId: id, SobjectType: object })
    }
    for (const [index, { isClosed, name }] of org.statuses.entries()) {
      add('CaseStatus', {
        ApiName: name,
        MasterLabel: name,
        IsClosed: isClosed,
        IsDefault: index === 0,
        SortOrder: index + 1,
      })
    }
    if (org.options.changeDataCapture !== false) {
      add('PlatformEventChannelMember', { EventChannel: 'ChangeEvents', SelectedEntity: 'CaseChangeEvent' })
    }
    add('Organization', {
      Id: org.id,
      Name: org.name,
      OrganizationType: 'Enterprise Edition',
      IsSandbox: false,
    })
  }
  fill()

  return {
    rows: (object) => table(object),
    find,
    referred: (id) => find('User', id) ?? find('Group', id),
    add,
    remove(object, id) {
      tables.set(
        object,
        table(object).filter(({ Id }) => Id !== id),
      )
      deleted.add(id)
    },
    isDeleted: (id) => deleted.has(id),
    nextNumber,
    clear() {
      tables.clear()
      counters.clear()
      deleted.clear()
      fill()
    },
  }
}
