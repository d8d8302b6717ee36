import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { createDatabase } from '../../src/database/client.ts'
import { createTestDatabase } from '../test-database.ts'

describe('createDatabase', () => {
  it('reads bigint and numeric as exact strings and timestamptz as Date', async () => {
    await using test = await createTestDatabase()
    const { rows } = await sql`
      select 9007199254740993::bigint as big, array[9007199254740993::bigint] as bigs, count(*) as count,
             0.1000000000000000055::numeric as exact, '2026-01-02T03:04:05.678Z'::timestamptz as at, 7::int as small
      `.execute(test.database)
    expect(rows).toEqual([
      {
        big: '9007199254740993',
        bigs: ['9007199254740993'],
        count: '1',
        exact: '0.1000000000000000055',
        at: new Date('2026-01-02T03:04:05.678Z'),
        small: 7,
      },
    ])
  })

  it('cancels a statement that takes longer than the timeout', async () => {
    await using test = await createTestDatabase()
    await using database = createDatabase(test.connectionString, { statementTimeoutMs: 50 })
    await expect(sql`select pg_sleep(20)`.execute(database)).rejects.toMatchObject({ code: '57014' })
  })

  it('names itself to the server', async () => {
    await using test = await createTestDatabase()
    await using database = createDatabase(test.connectionString, { applicationName: 'probe' })
    const { rows } = await sql`select current_setting('application_name') as name`.execute(database)
    expect(rows).toEqual([{ name: 'probe' }])
  })

  it('survives the loss of idle connections and connects anew', async () => {
    await using test = await createTestDatabase()
    const { warnings, log } = warningLog()
    await using database = createDatabase(test.connectionString, { max: 1, log })
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(database)

    await sql`select pg_terminate_backend(${rows[0]?.pid}, 5000)`.execute(test.database)
    await expect.poll(() => warnings.length).toBeGreaterThan(0)

    const again = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(database)
    expect(again.rows[0]?.pid).not.toBe(rows[0]?.pid)
  })

  it('survives the loss of a connection in the middle of a transaction, which then fails', async () => {
    await using test = await createTestDatabase()
    const { warnings, log } = warningLog()
    await using database = createDatabase(test.connectionString, { max: 1, log })
    const transaction = database.transaction().execute(async (trx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx)
      await sql`select pg_terminate_backend(${rows[0]?.pid}, 5000)`.execute(test.database)
      await expect.poll(() => warnings.length).toBeGreaterThan(0)
      await sql`select 1`.execute(trx)
    })
    await expect(transaction).rejects.toMatchObject({
      message: expect.stringMatching(/connection|terminat/i),
    })
    await expect(sql`select 1 as one`.execute(database)).resolves.toMatchObject({ rows: [{ one: 1 }] })
  })
})

function warningLog(): { warnings: string[]; log: { warn(fields: object, message: string): void } } {
  const warnings: string[] = []
  return { warnings, log: { warn: (_fields, message) => warnings.push(message) } }
}
