import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { createEmptyTestDatabase } from '../test-database.ts'

test('a statement that comes again is prepared, and what cannot be is not', async () => {
  await using test = await createEmptyTestDatabase()
  await sql`create table people (name text primary key)`.execute(test.database)
  await test.database.connection().execute(async (connection) => {
    for (const name of ['Ada', 'Grace', 'Edith']) {
      await connection.transaction().execute(async (transaction) => {
        await sql`insert into people (name) values (${name})`.execute(transaction)
      })
    }
    const { rows } = await sql<{ statement: string; uses: string }>`
      select statement, generic_plans + custom_plans as uses from pg_prepared_statements`.execute(connection)
    expect(rows).toEqual([{ statement: 'insert into people (name) values ($1)', uses: '2' }])
  })
})

test('a statement whose table got another column fails once on each connection at most, and then gives the column', async () => {
  await using test = await createEmptyTestDatabase()
  await sql`create table people (name text primary key)`.execute(test.database)
  await sql`insert into people (name) values ('Ada')`.execute(test.database)
  await test.database.connection().execute(async (connection) => {
    const read = async () => (await sql`select * from people where name = ${'Ada'}`.execute(connection)).rows
    await read()
    expect(await read()).toEqual([{ name: 'Ada' }])
    await sql`alter table people add column rating int not null default 5`.execute(connection)
    await expect(read()).rejects.toThrow('cached plan must not change result type')
    expect(await read()).toEqual([{ name: 'Ada', rating: 5 }])
    expect(await read()).toEqual([{ name: 'Ada', rating: 5 }])
  })
})
