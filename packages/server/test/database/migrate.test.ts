import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { describe, expect, it } from 'vitest'
import { DatabaseError } from '../../src/database/database-error.ts'
import { migrateToLatest } from '../../src/database/migrate.ts'
import { migrations } from '../../src/database/migrations/index.ts'
import { createEmptyTestDatabase, createTestDatabase } from '../test-database.ts'

const people: Migration = {
  up: async (db) => {
    await sql`create table people (name text primary key)`.execute(db)
  },
}
const rating: Migration = {
  up: async (db) => {
    await sql`alter table people add column rating int not null default 5`.execute(db)
  },
}
const broken: Migration = {
  up: async (db) => {
    await sql`alter table nothing add column rating int`.execute(db)
  },
}

describe('migrateToLatest', () => {
  it('applies what is pending in the order of the names and reports it', async () => {
    await using test = await createEmptyTestDatabase()
    const first = await migrateToLatest(test.database, { migrations: { '0001-people': people } })
    const second = await migrateToLatest(test.database, {
      migrations: { '0002-rating': rating, '0001-people': people },
    })
    const third = await migrateToLatest(test.database, {
      migrations: { '0001-people': people, '0002-rating': rating },
    })

    expect([first.applied, second.applied, third.applied]).toEqual([['0001-people'], ['0002-rating'], []])
    await sql`insert into people (name) values ('Ada')`.execute(test.database)
    const { rows } = await sql`select name, rating from people`.execute(test.database)
    expect(rows).toEqual([{ name: 'Ada', rating: 5 }])
  })

  it('is safe to call ten times at once: every migration is applied exactly once', async () => {
    await using test = await createEmptyTestDatabase()
    const steps = { '0001-people': people, '0002-rating': rating }
    const reports = await Promise.all(
      Array.from({ length: 10 }, () => migrateToLatest(test.database, { migrations: steps })),
    )
    expect(reports.flatMap(({ applied }) => applied)).toEqual(['0001-people', '0002-rating'])
  })

  it('leaves the database unchanged when a migration fails, and names it', async () => {
    await using test = await createEmptyTestDatabase()
    const migrating = migrateToLatest(test.database, {
      migrations: { '0001-people': people, '0002-broken': broken },
    })
    await expect(migrating).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringContaining('0002-broken'),
      cause: expect.objectContaining({ message: expect.stringContaining('"nothing" does not exist') }),
    })
    const { rows } = await sql`select to_regclass('people') as people`.execute(test.database)
    expect(rows).toEqual([{ people: null }])
  })

  it('stops at a database that a newer program has migrated', async () => {
    await using test = await createEmptyTestDatabase()
    await migrateToLatest(test.database, { migrations: { '0001-people': people, '0002-rating': rating } })
    const error: unknown = await migrateToLatest(test.database, {
      migrations: { '0001-people': people },
    }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(DatabaseError)
    expect(error).toMatchObject({
      code: 'DATABASE_AHEAD',
      message: expect.stringMatching(/does not know 0002-rating\..*Start a version that does/s),
    })
  })

  it('is not cut short by the statement timeout of the database it is given', async () => {
    await using test = await createEmptyTestDatabase()
    const slow: Migration = {
      up: async (db) => {
        const { rows } = await sql<{
          timeout: string
        }>`select current_setting('statement_timeout') as timeout`.execute(db)
        if (rows[0]?.timeout !== '0') throw new Error(`The statement timeout is ${rows[0]?.timeout}`)
      },
    }
    await expect(migrateToLatest(test.database, { migrations: { '0001-slow': slow } })).resolves.toEqual({
      applied: ['0001-slow'],
    })
  })

  it("installs the job queue beside the program's own tables", async () => {
    await using test = await createTestDatabase()
    await sql`select graphile_worker.add_job('probe', '{}')`.execute(test.database)
    const { rows } = await sql`select task_identifier as task from graphile_worker.jobs`.execute(
      test.database,
    )
    expect(rows).toEqual([{ task: 'probe' }])
    expect((await migrateToLatest(test.database)).applied).toEqual([])
  })
})

describe('the list of migrations', () => {
  it('is numbered without gaps, in order', () => {
    const numbers = Object.keys(migrations).map((name) => /^(\d{4})-[a-z0-9-]+$/.exec(name)?.[1])
    expect(numbers).toEqual(numbers.map((_, index) => String(index + 1).padStart(4, '0')))
  })
})
