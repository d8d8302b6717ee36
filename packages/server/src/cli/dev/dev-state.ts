import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { generateKey } from '../../access/api-keys.ts'

const stateSchema = z.object({
  /** The administrator's key, the same at every start so that examples go on working. */
  adminApiKey: z.string(),
  /** Where the simulator listened last; `null`: it has not been started yet. */
  simulatorPort: z.number().int().nullable(),
})

/** What `dev` remembers beside its database. */
export type DevState = Readonly<z.infer<typeof stateSchema>>

/** What was remembered, or what to begin with. */
export async function readDevState(dataDir: string): Promise<DevState> {
  try {
    return stateSchema.parse(JSON.parse(await readFile(stateFile(dataDir), 'utf8')))
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!isMissing && !(error instanceof SyntaxError || error instanceof z.ZodError)) throw error
    return { adminApiKey: generateKey(), simulatorPort: null }
  }
}

/** Remembers, readable by us alone. */
export async function writeDevState(dataDir: string, state: DevState): Promise<void> {
  // Only to be passed through, by the user that PostgreSQL runs as under root; what is secret inside has modes of its own.
  const mode = process.getuid?.() === 0 ? 0o711 : 0o700
  await mkdir(dataDir, { recursive: true, mode })
  const draft = `${stateFile(dataDir)}.${process.pid}`
  await writeFile(draft, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 })
  await rename(draft, stateFile(dataDir))
}

function stateFile(dataDir: string): string {
  return join(dataDir, 'dev.json')
}
