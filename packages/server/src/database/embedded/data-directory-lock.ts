import { randomUUID } from 'node:crypto'
import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { DatabaseError } from '../database-error.ts'
import { toErrorCode } from './error-code.ts'
import { findProcess, isRunning } from './process-identity.ts'

/** Our claim on a data directory. */
export interface DataDirectoryLock {
  release(): Promise<void>
}

const Owner = z.object({ pid: z.int().positive(), startedAt: z.string(), released: z.boolean() })
type Owner = z.infer<typeof Owner>

const OWNER_FILE = /^owner\.(\d+)\.json$/

/**
 * Claims a directory for this process, or refuses because a living process has it.
 *
 * Node.js has no file locks that end with their process, so the owner is a record: `owner.<n>.json`. Whoever finds
 * the owner dead creates n+1, which only one can. Numbers only grow, so that a slow claimant cannot mistake a new
 * owner's record for the dead one's and remove it.
 *
 * @throws DatabaseError `DATA_DIRECTORY_IN_USE`
 */
export async function lockDataDirectory(directory: string): Promise<DataDirectoryLock> {
  const self = await findProcess(process.pid)
  const record = { pid: process.pid, startedAt: self?.startedAt ?? '', released: false }
  for (;;) {
    const generation = Math.max(0, ...(await listGenerations(directory)))
    const owner = generation === 0 ? null : await readOwner(ownerFile(directory, generation))
    if (owner === 'gone') continue
    if (owner !== null && !owner.released && (await isRunning(owner))) throw inUse(directory, owner.pid)

    const file = ownerFile(directory, generation + 1)
    if (!(await createOwner(directory, file, record))) continue
    const generations = await listGenerations(directory)
    if (generations.some((other) => other > generation + 1)) {
      await rm(file, { force: true })
      continue
    }
    for (const old of generations.filter((other) => other <= generation)) {
      await rm(ownerFile(directory, old), { force: true })
    }
    return {
      // The record stays, so that numbers keep growing.
      release: async () => {
        await rename(await writeDraft(directory, { ...record, released: true }), file)
      },
    }
  }
}

/** The refusal of a data directory that something else works on. */
export function inUse(directory: string, pid: number): DatabaseError {
  return new DatabaseError(
    'DATA_DIRECTORY_IN_USE',
    `The data directory ${directory} is in use by process ${pid}. ` +
      'Stop that process, or set TRIPLINE_DATA_DIR to another directory. ' +
      'To run several processes on one database, set DATABASE_URL to a PostgreSQL of your own.',
  )
}

function ownerFile(directory: string, generation: number): string {
  return join(directory, `owner.${generation}.json`)
}

async function listGenerations(directory: string): Promise<number[]> {
  const names = await readdir(directory)
  return names.flatMap((name) => {
    const generation = OWNER_FILE.exec(name)?.[1]
    return generation === undefined ? [] : [Number(generation)]
  })
}

/** A record that is no owner's record (a disk that was full) claims nothing: `null`. */
async function readOwner(file: string): Promise<Owner | null | 'gone'> {
  try {
    return Owner.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return null
    if (toErrorCode(error) === 'ENOENT') return 'gone'
    throw error
  }
}

/** Whether it was us who created it. Written aside and linked, so that nobody reads half a record. */
async function createOwner(directory: string, file: string, owner: Owner): Promise<boolean> {
  const draft = await writeDraft(directory, owner)
  try {
    await link(draft, file)
    return true
  } catch (error) {
    if (toErrorCode(error) === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

async function writeDraft(directory: string, owner: Owner): Promise<string> {
  const draft = join(directory, `.owner-${randomUUID()}`)
  await writeFile(draft, `${JSON.stringify(owner)}\n`, { mode: 0o600 })
  return draft
}
