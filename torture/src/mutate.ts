import { registerHooks } from 'node:module'
import { mutants } from './mutants.ts'

// Loaded before a server: breaks one of its source files as it is loaded. A snippet that is not there any more ends the
// process, so that a mutant cannot quietly become the original.
const name = process.env['TORTURE_MUTANT'] ?? ''
const mutant = mutants[name]
if (mutant === undefined) throw new Error(`There is no mutant ${name}.`)

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (!url.endsWith(`/packages/server/src/${mutant.file}`)) return loaded
    const source = Buffer.from(loaded.source as Buffer).toString('utf8')
    if (source.split(mutant.snippet).length !== 2) {
      throw new Error(`The mutant ${name} does not find its snippet once in ${mutant.file}.`)
    }
    return { ...loaded, source: source.replace(mutant.snippet, () => mutant.replacement) }
  },
})
