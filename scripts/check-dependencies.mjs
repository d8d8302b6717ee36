// Holds the direction in which packages may depend on each other: nothing points back at the server, and the core knows
// nobody.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const libraries = ['core', 'adapter-http', 'adapter-testkit']

/** What a package of this name may depend on at run time, of ours. */
function allowed(name) {
  if (name === 'core' || name === 'web') return () => false
  if (name === 'server')
    return (other) => other === 'core' || other === 'triggers' || other.startsWith('plugin-')
  if (name.startsWith('plugin-')) return (other) => libraries.includes(other)
  if (name === 'triggers' || name.startsWith('adapter-'))
    return (other) => libraries.includes(other) && other !== name
  // Examples and benchmarks are users of everything.
  return () => true
}

const problems = []
for (const folder of ['packages', 'examples']) {
  for (const entry of existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : []) {
    const file = join(root, folder, entry, 'package.json')
    if (!existsSync(file)) continue
    const { name, dependencies = {}, peerDependencies = {} } = JSON.parse(readFileSync(file, 'utf8'))
    const short = folder === 'packages' ? name.replace('@tripline/', '') : `example ${name}`
    if (folder === 'packages' && short !== entry) problems.push(`${file}: the package is called ${name}`)
    for (const other of Object.keys({ ...dependencies, ...peerDependencies })) {
      if (other.startsWith('@tripline/') && !allowed(short)(other.replace('@tripline/', ''))) {
        problems.push(`${name} must not depend on ${other}`)
      }
    }
    if (short === 'core' && Object.keys(dependencies).some((other) => other !== 'zod')) {
      problems.push('@tripline/core may depend on zod only')
    }
    if (short === 'server') problems.push(...pluginImports(join(root, folder, entry, 'src')))
  }
}
for (const problem of problems) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1

/** Plugins are imported in one place, and their simulators by the command that runs them. */
function pluginImports(source) {
  return readdirSync(source, { recursive: true })
    .filter((path) => path.endsWith('.ts') && path !== 'plugins.ts')
    .filter((path) => /from '@tripline\/plugin-[a-z-]+'/u.test(readFileSync(join(source, path), 'utf8')))
    .map((path) => `${path}: only plugins.ts imports plugins`)
}
