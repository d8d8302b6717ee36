// Compiles what is published: packages/*/src to packages/*/dist, file by file. Nothing in the workspace needs it, where
// the sources run as they are; Node.js runs no TypeScript below node_modules.
//
//   node scripts/build-packages.mjs             only what changed
//   node scripts/build-packages.mjs --no-check  without looking for errors in types, which `tsc --noEmit` has found
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { publishablePackages, root } from './publishable.mjs'

const packages = publishablePackages()
for (const { folder } of packages) removeStale(join(folder, 'src'), join(folder, 'dist'))
const { status } = spawnSync(
  'tsc',
  [
    '--build',
    ...(process.argv.includes('--no-check') ? ['--noCheck'] : []),
    ...packages.map(({ folder }) => join(folder, 'tsconfig.build.json')),
  ],
  {
    stdio: 'inherit',
    shell: process.platform === 'win32',
    env: {
      ...process.env,
      PATH: [join(root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter),
    },
  },
)
for (const { folder } of packages) copyAssets(join(folder, 'src'), join(folder, 'dist'))
process.exitCode = status ?? 1

/** Removes what was made of a source that is gone. */
function removeStale(source, output) {
  for (const path of filesOf(output)) {
    const base = path.replace(/(?:\.d\.ts|\.js)(?:\.map)?$/u, '')
    const isKept = [`${base}.ts`, path].some((origin) => existsSync(join(source, origin)))
    if (!isKept && path !== '.tsbuildinfo') rmSync(join(output, path))
  }
}

/** What the program reads at run time stands beside what is compiled, as it stands beside the sources. */
function copyAssets(source, output) {
  for (const path of filesOf(source)) {
    if (!/\.(?:ts|md)$/u.test(path)) cpSync(join(source, path), join(output, path))
  }
}

function filesOf(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true }).filter((path) => statSync(join(folder, path)).isFile())
}
