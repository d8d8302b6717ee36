import { randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SecretUnavailable } from './secret-unavailable.ts'

/** The key that lies beside an embedded database; made on first use, readable by us alone. */
export async function ensureSecretKeyFile(dataDir: string): Promise<Buffer> {
  const file = join(dataDir, 'secret-key')
  const known = await readKey(file)
  if (known !== null) return known
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  // Written aside and linked: whoever comes second reads the first one's key, and nobody half a key.
  const draft = join(dataDir, `.secret-key-${randomUUID()}`)
  try {
    await writeFile(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flush: true })
    await link(draft, file).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error
    })
  } finally {
    await rm(draft, { force: true })
  }
  const made = await readKey(file)
  if (made === null) throw new SecretUnavailable(`${file} vanished while it was made.`)
  return made
}

async function readKey(file: string): Promise<Buffer | null> {
  try {
    const text = (await readFile(file, 'utf8')).trim()
    if (/^[0-9a-f]{64}$/u.test(text)) return Buffer.from(text, 'hex')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
  throw new SecretUnavailable(
    `${file} does not hold the key that Tripline wrote there. Restore it from a backup: without it the secrets of the connections have to be entered again.`,
  )
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error ? String(error.code) : null
}
