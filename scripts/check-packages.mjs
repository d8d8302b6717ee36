// Holds the published packages to what people get who install them: compiles and packs every one into a folder of its own,
// has publint and attw look at the archives, and runs the tests of `packaging`, which install them.
//
//   node scripts/check-packages.mjs            all of it
//   node scripts/check-packages.mjs installed  only the test files whose name has this in it
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { publishablePackages, root } from './publishable.mjs'

const tarballs = mkdtempSync(join(tmpdir(), 'tripline-tarballs-'))
const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const env = {
  ...process.env,
  PATH: [join(root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter),
}

let toldToEnd = false
const running = new Set()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    toldToEnd = true
    for (const child of running) child.kill('SIGTERM')
  })
}

try {
  const good = (await pack()) && (await Promise.all([testTarballs(), lintTarballs()]))
  process.exitCode = good && good.every(Boolean) ? 0 : 1
} finally {
  rmSync(tarballs, { recursive: true, force: true })
}

/** The sources' types are what the step `types` checks, so that compiling need not. */
async function pack() {
  const names = publishablePackages().flatMap(({ manifest }) => ['--filter', manifest.name])
  if (!(await run(process.execPath, [join(root, 'scripts', 'build-packages.mjs'), '--no-check'])))
    return false
  const pnpm = ['--yes', packageManager, '--recursive', ...names]
  const options = ['--config.ignore-scripts=true', '--silent', '--pack-destination', tarballs]
  return await run('npx', [...pnpm, 'pack', ...options])
}

async function lintTarballs() {
  const results = []
  for (const name of readdirSync(tarballs)) {
    const tarball = join(tarballs, name)
    results.push(
      ...(await Promise.all([
        run('publint', ['run', '--strict', tarball]),
        // Node.js 24 can require modules too, but that is none of the uses that are meant. A program has no types.
        hasEntries(name) ? run('attw', [tarball, '--profile', 'esm-only', '--no-color']) : true,
      ])),
    )
  }
  return results.every(Boolean)
}

function hasEntries(tarball) {
  return publishablePackages().some(
    ({ manifest }) =>
      manifest.exports !== undefined &&
      tarball.startsWith(`tripline-${manifest.name.slice(10)}-${manifest.version}`),
  )
}

function testTarballs() {
  const config = join(root, 'packaging', 'vitest.config.ts')
  const args = ['run', '--root', join(root, 'packaging'), '--config', config, ...process.argv.slice(2)]
  return run('vitest', args, { live: true, env: { ...env, TRIPLINE_TARBALLS: tarballs } })
}

/** Whether a program ended well. Its output is shown when it did not. None begins once we are told to end. */
async function run(program, args, { live = false, ...options } = {}) {
  if (toldToEnd) return false
  const child = spawn(program, args, {
    cwd: root,
    env,
    stdio: live ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    ...options,
  })
  const output = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => output.push(chunk))
  running.add(child)
  return await new Promise((resolve) => {
    child.once('error', (error) => {
      console.log(`${program} cannot be run: ${error.message}`)
      resolve(false)
    })
    child.once('close', (code) => {
      running.delete(child)
      if (code !== 0 && !toldToEnd) process.stdout.write(Buffer.concat(output))
      resolve(code === 0)
    })
  })
}
