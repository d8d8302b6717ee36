import type { StoredRecord } from './columns.ts'
import { type ServiceNowInstance, sysIdOf } from './instance.ts'
import { instantText } from './instant-text.ts'

/** What an instance holds. */
export interface RecordStore {
  /** In the order they were made. */
  rows(table: string): readonly StoredRecord[]
  find(table: string, id: string): StoredRecord | null
  add(table: string, record: StoredRecord): StoredRecord
  remove(table: string, id: string): void
  nextNumber(name: string): number
  clear(): void
}

export function createRecordStore(instance: ServiceNowInstance, now: () => Date): RecordStore {
  const tables = new Map<string, StoredRecord[]>()
  const counters = new Map<string, number>()
  const rows = (table: string): StoredRecord[] => {
    const known = tables.get(table) ?? []
    tables.set(table, known)
    return known
  }
  const nextNumber = (name: string): number => {
    const next = (counters.get(name) ?? 0) + 1
    counters.set(name, next)
    return next
  }
  const add = (table: string, record: StoredRecord): StoredRecord => {
    const at = instantText(now())
    const stored = {
      sys_id: sysIdOf(table, nextNumber(table) + 1_000),
      sys_created_on: at,
      sys_created_by: 'admin',
      sys_updated_on: at,
      sys_updated_by: 'admin',
      sys_mod_count: '0',
      ...record,
    }
    rows(table).push(stored)
    return stored
  }

  function fill(): void {
    for (const { active, email, id, name, username } of instance.users) {
      add('sys_user', { sys_id: id, user_name: username, name, email, active: String(active) })
    }
    for (const { active, id, name } of instance.groups) {
      add('sys_user_group', { sys_id: id, name, active: String(active) })
    }
    for (const [element, choices] of Object.entries(instance.choices)) {
      for (const [index, { label, value }] of choices.entries()) {
        const choice = { element, value, inactive: 'false', sequence: String(index) }
        const name = element === 'state' || element === 'close_code' ? 'incident' : 'task'
        add('sys_choice', { ...choice, name, label, language: 'en' })
        add('sys_choice', { ...choice, name, label: `${label} (de)`, language: 'de' })
      }
    }
    // As tasks have it; an incident has states of its own.
    add('sys_choice', {
      name: 'task',
      element: 'state',
      value: '-5',
      label: 'Pending',
      language: 'en',
      inactive: 'false',
    })
    for (const table of instance.tables.filter(({ name }) => name === 'incident')) {
      for (const each of table.columns) {
        add('sys_dictionary', {
          name: ['caller_id', 'close_code', 'hold_reason'].includes(each.name) ? 'incident' : 'task',
          element: each.name,
          column_label: each.label,
          internal_type: each.type,
          max_length: each.maxLength === undefined ? '40' : String(each.maxLength),
          mandatory: String(each.mandatory === true),
          default_value: each.initial ?? '',
        })
      }
    }
  }
  fill()

  return {
    rows,
    find: (table, id) => rows(table).find((row) => row['sys_id'] === id) ?? null,
    add,
    remove(table, id) {
      tables.set(
        table,
        rows(table).filter((row) => row['sys_id'] !== id),
      )
    },
    nextNumber,
    clear() {
      tables.clear()
      counters.clear()
      fill()
    },
  }
}
