import { readFile, writeFile } from 'node:fs/promises'
import { lexicographicSortSchema, printSchema } from 'graphql'
import { buildSchema } from './schema.ts'

/** Writes the schema to `schema.graphql`; with `--check` it only says whether it is up to date. */
const file = new URL('../../schema.graphql', import.meta.url)
const printed = `${printSchema(lexicographicSortSchema(buildSchema()))}\n`

if (process.argv.includes('--check')) {
  const committed = await readFile(file, 'utf8').catch(() => '')
  if (committed !== printed) {
    process.stderr.write('packages/server/schema.graphql is not up to date: run `pnpm run schema`.\n')
    process.exitCode = 1
  }
} else {
  await writeFile(file, printed)
}
