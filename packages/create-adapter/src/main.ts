#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { adapterNames, CannotCreate } from './adapter-names.ts'
import { createAdapter } from './create-adapter.ts'
import { ownRanges } from './manifest.ts'

const usage = `Usage: npm create @tripline/adapter NAME

Begins a ticketing adapter for Tripline, in a folder of this directory.
NAME is the name of its package: tripline-plugin-desk, or @acme/tripline-plugin-desk.
`

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' } },
    })
    const [name, ...more] = positionals
    if (values.help === true) {
      process.stdout.write(usage)
      return 0
    }
    if (name === undefined || more.length > 0)
      throw new CannotCreate(`One name is needed.\n\n${usage.trim()}`)
    const names = adapterNames(name)
    const files = await createAdapter(process.cwd(), names, await ownRanges())
    process.stdout.write(
      `Made ${names.packageName} in ${names.folder}:\n${files.map((file) => `  ${file}\n`).join('')}
Go on with your package manager, npm for instance:
  cd ${names.folder}
  npm install
  npm test        # fails; each failure names what to write next
`,
    )
    return 0
  } catch (error) {
    if (!(error instanceof CannotCreate) && !isUsageError(error)) throw error
    process.stderr.write(`${error.message}\n`)
    return 2
  }
}

function isUsageError(error: unknown): error is Error {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}
