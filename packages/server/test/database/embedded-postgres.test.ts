import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findCommandLine, findProcess } from '../../src/database/embedded/process-identity.ts'
import { waitUntil } from '../../src/database/embedded/wait-until.ts'
import { createFolder, start } from './embedded/data-folder.ts'
import type { TemporaryFolder } from './embedded/data-folder.ts'
import { startOwner } from './embedded/owner-process.ts'

async function query(connectionString: string, statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(statement)
    return rows
  } finally {
    await client.end()
  }
}

async function killPostgres(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL')
  expect(await waitUntil(async () => (await findProcess(pid)) === null, 5_000)).toBe(true)
}

// Making a cluster takes most of a first start's time, so the tests that are not about it begin with a copy.
let made: TemporaryFolder

beforeAll(async () => {
  made = await createFolder()
  await (await start(join(made.path, 'data'))).stop()
})

afterAll(() => made[Symbol.asyncDispose]())

async function createMadeFolder(): Promise<TemporaryFolder> {
  const folder = await createFolder()
  // Unlike Node.js, it keeps the owner, which as root is not us.
  execFileSync('cp', ['-a', join(made.path, 'data'), folder.path])
  return folder
}

describe('startEmbeddedPostgres', { timeout: 60_000 }, () => {
  it('makes a PostgreSQL 18 whose database belongs to an ordinary role', async () => {
    await using folder = await createFolder()
    await using postgres = await start(join(folder.path, 'data'), { durable: true })
    const [facts] = await query(
      postgres.connectionString,
      `select current_setting('server_version_num')::int / 10000 as major, current_database() as database,
              rolsuper as superuser, pg_encoding_to_char(encoding) as encoding, datlocprovider as provider,
              datlocale as locale, current_setting('listen_addresses') as addresses, current_setting('fsync') as fsync,
              current_setting('synchronous_commit') as commit, upper('straße é') as upper
       from pg_database join pg_roles on pg_roles.oid = datdba
       where datname = current_database() and rolname = current_user`,
    )
    expect(facts).toEqual({
      major: 18,
      database: 'tripline',
      superuser: false,
      encoding: 'UTF8',
      provider: 'b',
      locale: 'C.UTF-8',
      addresses: '127.0.0.1',
      fsync: 'on',
      commit: 'on',
      upper: 'STRAßE É',
    })
  })

  it('lets nobody in without the password, which only the owner of the data directory can read', async () => {
    await using folder = await createMadeFolder()
    const dataDir = join(folder.path, 'data')
    await using postgres = await start(dataDir)
    for (const user of ['tripline', 'postgres']) {
      const url = new URL(postgres.connectionString)
      url.username = user
      url.password = 'guess'
      await expect(query(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
    }
    const { password } = new URL(postgres.connectionString)
    expect(await readFile(join(dataDir, 'postgres.json'), 'utf8')).toContain(password)
    expect((await stat(join(dataDir, 'postgres.json'))).mode & 0o777).toBe(0o600)
    expect((await stat(postgres.clusterDirectory)).mode & 0o777).toBe(0o700)
  })

  it('keeps the data from one start to the next', async () => {
    await using folder = await createMadeFolder()
    const first = await start(join(folder.path, 'data'))
    await query(first.connectionString, 'create table kept as select 42 as answer')
    await Promise.all([first.stop(), first.stop()])
    await first.stop()
    expect(await findProcess(first.pid)).toBeNull()

    await using second = await start(join(folder.path, 'data'))
    expect(await query(second.connectionString, 'select answer from kept')).toEqual([{ answer: 42 }])
  })

  it('keeps the data when the data directory is moved', async () => {
    await using folder = await createMadeFolder()
    const first = await start(join(folder.path, 'data'))
    await query(first.connectionString, 'create table kept as select 42 as answer')
    await first.stop()
    await rename(join(folder.path, 'data'), join(folder.path, 'there'))

    await using second = await start(join(folder.path, 'there'))
    expect(await query(second.connectionString, 'select answer from kept')).toEqual([{ answer: 42 }])
    expect(second.clusterDirectory).toBe(join(folder.path, 'there/postgres'))
  })

  it('recovers what was committed when the server was killed', async () => {
    await using folder = await createMadeFolder()
    const first = await start(join(folder.path, 'data'), { durable: true })
    await query(first.connectionString, 'create table kept as select generate_series(1, 10000) as number')
    await killPostgres(first.pid)
    await first.stop()

    await using second = await start(join(folder.path, 'data'), { durable: true })
    expect(await query(second.connectionString, 'select count(*) from kept')).toEqual([{ count: '10000' }])
  })

  it('starts although the pid of a server that was killed belongs to another program now', async () => {
    await using folder = await createMadeFolder()
    const first = await start(join(folder.path, 'data'))
    await killPostgres(first.pid)
    await first.stop()
    const { uid, gid } = await stat(first.clusterDirectory)
    const stranger = spawn('sleep', ['600'], { uid, gid, stdio: 'ignore' })
    try {
      await once(stranger, 'spawn')
      const file = join(first.clusterDirectory, 'postmaster.pid')
      const [, ...lines] = (await readFile(file, 'utf8')).split('\n')
      await writeFile(file, [stranger.pid, ...lines].join('\n'))

      const second = await start(join(folder.path, 'data'))
      await second.stop()
      expect(await findProcess(stranger.pid ?? 0)).not.toBeNull()
    } finally {
      stranger.kill('SIGKILL')
    }
  })

  it('refuses a data directory that a living process has, and leaves that one alone', async () => {
    await using folder = await createMadeFolder()
    await using owner = await startOwner({ dataDir: join(folder.path, 'data') })
    const { connectionString } = owner.server
    await expect(start(join(folder.path, 'data'))).rejects.toMatchObject({
      code: 'DATA_DIRECTORY_IN_USE',
      message: expect.stringContaining(`${folder.path}/data is in use by process ${owner.pid}`),
    })
    expect(await query(connectionString, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('goes to one of two processes that make the same data directory at once', async () => {
    await using folder = await createFolder()
    const [one, other] = await Promise.all([
      startOwner({ dataDir: folder.path }),
      startOwner({ dataDir: folder.path }),
    ])
    await using _one = one
    await using _other = other
    const refusals = [one, other].flatMap(({ answer }) => ('code' in answer ? [answer.code] : []))
    expect(refusals).toEqual(['DATA_DIRECTORY_IN_USE'])
  })

  it('ends its server when the process is killed', async () => {
    await using folder = await createMadeFolder()
    await using owner = await startOwner({ dataDir: join(folder.path, 'data') })
    const { pid } = owner.server
    await owner.kill('SIGKILL')
    expect(await waitUntil(async () => (await findProcess(pid)) === null, 30_000)).toBe(true)
  })

  it('takes over from a process that was killed and whose server runs on', async () => {
    await using folder = await createMadeFolder()
    await using owner = await startOwner({ dataDir: join(folder.path, 'data') })
    const orphan = owner.server
    await query(orphan.connectionString, 'create table kept as select 42 as answer')
    const guard = await findGuard(orphan.pid)
    process.kill(guard, 'SIGKILL')
    await owner.kill('SIGKILL')
    expect(await findProcess(orphan.pid)).not.toBeNull()

    await using postgres = await start(join(folder.path, 'data'))
    expect(await findProcess(orphan.pid)).toBeNull()
    expect(await query(postgres.connectionString, 'select answer from kept')).toEqual([{ answer: 42 }])
  })

  it('refuses data of another major version and names both', async () => {
    await using folder = await createMadeFolder()
    const first = await start(join(folder.path, 'data'))
    await first.stop()
    await writeFile(join(first.clusterDirectory, 'PG_VERSION'), '17\n')
    await expect(start(join(folder.path, 'data'))).rejects.toMatchObject({
      code: 'DATA_DIRECTORY_VERSION',
      message: expect.stringMatching(/PostgreSQL 17.*PostgreSQL 18/),
    })
  })

  it('says what PostgreSQL said when it cannot start, and gives the data directory free', async () => {
    await using folder = await createMadeFolder()
    const first = await start(join(folder.path, 'data'))
    await first.stop()
    const settings = join(first.clusterDirectory, 'postgresql.conf')
    const sound = await readFile(settings, 'utf8')
    await writeFile(settings, 'no_such_setting = 1\n')
    await expect(start(join(folder.path, 'data'))).rejects.toMatchObject({
      code: 'EMBEDDED_DATABASE_FAILED',
      message: expect.stringContaining('no_such_setting'),
    })
    await writeFile(settings, sound)
    await (await start(join(folder.path, 'data'))).stop()
  })
})

/** The process that ends the server when its owner is gone. */
async function findGuard(postgres: number): Promise<number> {
  // Started right after the server, so its pid is a little higher.
  for (let pid = postgres + 1; pid < postgres + 1000; pid++) {
    if ((await findCommandLine(pid))?.endsWith(`tripline-postgres-guard ${postgres}`) === true) return pid
  }
  throw new Error('PostgreSQL runs unguarded')
}
