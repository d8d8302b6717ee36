import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import type { TicketingProbes } from '@tripline/adapter-testkit'
import type { TicketId } from '@tripline/core'
import type { FaultProxy } from './fault-proxy.ts'
import type { RunningRequestTracker } from './running-request-tracker.ts'
import { shownMessage } from './shown-message.ts'
import { requestNow } from './sync-request.ts'

/** Reads RT's own database and its pages for people, and acts as its administrator. */
export interface RequestTrackerProbes extends TicketingProbes {
  move(id: TicketId): void
  lastCreateBody(): unknown
  /** Changes a ticket as an administrator does. */
  changeAsPerson(id: string, body: Readonly<Record<string, unknown>>): void
  close(): void
}

export function rtProbes(
  rt: RunningRequestTracker,
  proxy: FaultProxy,
  queueId: string,
): RequestTrackerProbes {
  const database = new DatabaseSync(rt.databasePath, { readOnly: true, timeout: 10_000 })
  const rows = (sql: string, ...values: SQLInputValue[]): readonly Record<string, unknown>[] =>
    database.prepare(sql).all(...values)
  const one = (sql: string, ...values: SQLInputValue[]): Record<string, unknown> => {
    const [row] = rows(sql, ...values)
    if (row === undefined) throw new Error(`RT has nothing for ${sql} with ${JSON.stringify(values)}`)
    return row
  }
  const changeAsPerson = (id: string, body: Readonly<Record<string, unknown>>): void => {
    requestNow(`${rt.url}/REST/2.0/ticket/${id}`, {
      method: 'PUT',
      headers: { authorization: `token ${rt.tokens.root}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  }
  return {
    changeAsPerson,
    ticketsWithKey: (key) =>
      rows(
        `select cast(value.ObjectId as text) as id from ObjectCustomFieldValues value
         join CustomFields field on field.id = value.CustomField and field.Name = 'Tripline'
         join Tickets ticket on ticket.id = value.ObjectId and ticket.Status <> 'deleted'
         where value.ObjectType = 'RT::Ticket' and value.Disabled = 0 and value.Content = ? order by value.ObjectId`,
        key,
      ).map(({ id }) => String(id)),
    ticketCount: () =>
      Number(
        one(
          `select count(*) as count from Tickets where Queue = ? and Type = 'ticket' and Status <> 'deleted'`,
          queueId,
        )['count'],
      ),
    summary: (id) => String(one('select Subject from Tickets where id = ?', id)['Subject']),
    description(id) {
      const created = one(
        `select id from Transactions where ObjectType = 'RT::Ticket' and ObjectId = ? and Type = 'Create'`,
        id,
      )
      const page = requestNow(`${rt.url}/Helpers/TicketHistory?id=${id}`, { headers: { cookie: rt.session } })
      return shownMessage(page, Number(created['id']))
    },
    backlinks: (id) =>
      rows(
        `select Target from Links where LocalBase = ? and Type = 'RefersTo' and LocalTarget = 0 order by id`,
        id,
      ).map(({ Target }) => String(Target)),
    commentCount: (id) =>
      Number(
        one(
          `select count(*) as count from Transactions
           where ObjectType = 'RT::Ticket' and ObjectId = ? and Type in ('Comment', 'Correspond')`,
          id,
        )['count'],
      ),
    remove: (id) => changeAsPerson(id, { Status: 'deleted' }),
    rename(id, summary) {
      const { LastUpdated } = one('select LastUpdated from Tickets where id = ?', id)
      awaitNextSecond(new Date(`${String(LastUpdated).replace(' ', 'T')}Z`))
      changeAsPerson(id, { Subject: summary })
    },
    move: (id) => changeAsPerson(id, { Queue: 'Elsewhere' }),
    lastCreateBody() {
      const request = proxy
        .requests()
        .findLast(({ method, path }) => method === 'POST' && path === '/REST/2.0/ticket')
      return request === undefined ? null : JSON.parse(request.body)
    },
    close: () => database.close(),
  }
}

/** RT keeps whole seconds: two changes in one cannot be told apart by their time. */
function awaitNextSecond(after: Date): void {
  const waitMs = Math.floor(after.getTime() / 1000) * 1000 + 1000 - Date.now()
  if (waitMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs)
}
