import { readFileSync } from 'node:fs'
import { z } from 'zod'

// Read, not imported: the file is beside the sources and beside what is compiled of them, and part of neither.
const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

/** The version of this program. */
export const version: string = z.looseObject({ version: z.string() }).parse(manifest).version
