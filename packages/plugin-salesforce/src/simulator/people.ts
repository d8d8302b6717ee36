import type { JsonObject } from '@tripline/core'
import { toLongId } from '../record-id.ts'
import { createRecord, type SaveOptions, updateCase } from './case-save.ts'
import type { StoredRecord } from './fields.ts'
import type { SalesforceUser } from './org.ts'
import type { Salesforce } from './salesforce.ts'

/** What people do in the organisation's own pages. */
export interface People {
  createCaseAsPerson(fields: JsonObject, username?: string): Readonly<StoredRecord>
  editCaseAsPerson(id: string, fields: JsonObject, username?: string): void
  commentAsPerson(id: string, body: string, username?: string): void
  /** Into the recycle bin. */
  deleteCase(id: string): void
  /** As a long transaction, or an approval, does; `null` lets it go. */
  lockCase(id: string, lock: 'UNABLE_TO_LOCK_ROW' | 'ENTITY_IS_LOCKED' | null): void
}

const somebody = 'mlindqvist@acme.example'

export function people(salesforce: Salesforce): People {
  const { locks, org, store } = salesforce
  const as = (username: string): SaveOptions => ({ user: userNamed(username), assign: false, asPerson: true })
  const userNamed = (username: string): SalesforceUser => {
    const user = org.users.find((known) => known.username === username)
    if (user === undefined) throw new Error(`The organisation has no user ${username}`)
    return user
  }
  const caseOf = (id: string): StoredRecord => {
    const record = store.find('Case', toLongId(id) ?? id)
    if (record === null) throw new Error(`There is no case ${id}`)
    return record
  }
  return {
    createCaseAsPerson: (fields, username = somebody) =>
      createRecord(salesforce, 'Case', fields, as(username)),
    editCaseAsPerson: (id, fields, username = somebody) =>
      updateCase(salesforce, caseOf(id), fields, as(username)),
    commentAsPerson(id, body, username = somebody) {
      const parent = String(caseOf(id)['Id'])
      createRecord(salesforce, 'CaseComment', { ParentId: parent, CommentBody: body }, as(username))
    },
    deleteCase: (id) => salesforce.removeCase(String(caseOf(id)['Id'])),
    lockCase(id, lock) {
      if (lock === null) locks.delete(id)
      else locks.set(id, lock)
    },
  }
}
