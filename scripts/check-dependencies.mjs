// Holds the direction in which packages may depend on each other: nothing points back at the server, and the core knows
// nobody. And what is published has to be told twice: entry points as sources and as what is compiled of them, packages of ours
// to package managers and to the compiler.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'

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
    const manifest = JSON.parse(readFileSync(file, 'utf8'))
    const { name, dependencies = {}, peerDependencies = {} } = manifest
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
    if (folder === 'packages' && manifest.private !== true) {
      problems.push(...publishingProblems(join(root, folder, entry), manifest))
    }
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

/** What would be wrong with a package once it is installed somewhere else. */
function publishingProblems(
  folder,
  { bin, name, dependencies, exports, files, imports, peerDependencies, publishConfig, scripts },
) {
  const found = []
  const ours = Object.keys({ ...dependencies, ...peerDependencies }).filter((other) =>
    other.startsWith('@tripline/'),
  )
  // A program has the one core; everything else takes that of the program it is part of.
  if (
    ours.includes('@tripline/core') &&
    (name === '@tripline/server') !== '@tripline/core' in (dependencies ?? {})
  ) {
    found.push(`${name}: @tripline/core is a peer dependency, and of the server a dependency`)
  }
  const entries = Object.entries(exports ?? {}).map(([entry, source]) => {
    const path = compiledPath(source)
    return [entry, { types: path.replace(/\.js$/u, '.d.ts'), default: path }]
  })
  const compiled = (paths) =>
    Object.fromEntries(Object.entries(paths).map(([key, path]) => [key, compiledPath(path)]))
  // Plain JavaScript is published as it is.
  const programs = Object.values(bin ?? {}).some((path) => path.endsWith('.ts'))
  const wanted = {
    access: 'public',
    ...(programs ? { bin: compiled(bin) } : {}),
    ...(imports === undefined ? {} : { imports: compiled(imports) }),
    ...(exports === undefined ? {} : { exports: Object.fromEntries(entries) }),
  }
  if (!isDeepStrictEqual(publishConfig, wanted)) {
    found.push(`${name}: publishConfig has to be ${JSON.stringify(wanted, null, 2)}`)
  }
  for (const path of ['dist', 'src']) {
    if (!files?.includes(path)) found.push(`${name}: files has to name ${path}`)
  }
  if (scripts?.prepack !== 'node ../../scripts/prepack.mjs') {
    found.push(`${name}: the script prepack has to be: node ../../scripts/prepack.mjs`)
  }
  const references = ours.map((other) => ({
    path: `../${other.replace('@tripline/', '')}/tsconfig.build.json`,
  }))
  const build = join(folder, 'tsconfig.build.json')
  const config = existsSync(build) ? JSON.parse(readFileSync(build, 'utf8')) : {}
  const paths = (each) => (each ?? []).map(({ path }) => path).toSorted()
  if (!isDeepStrictEqual(paths(config.references), paths(references))) {
    found.push(`${build}: references has to be ${JSON.stringify(references)}`)
  }
  return found
}

function compiledPath(source) {
  return source.replace(/^\.\/src\//u, './dist/').replace(/\.ts$/u, '.js')
}
