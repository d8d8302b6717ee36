// Runs a command of the project on any machine with Node.js 18 or later and nothing else: installs what is missing, then
// runs the command on the Node.js that was installed.
//
//   node scripts/with-node.mjs tripline dev
//   node scripts/with-node.mjs check
import { spawn } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
const commands = {
  tripline: join(root, 'packages', 'server', 'src', 'main.ts'),
  check: join(root, 'scripts', 'check.mjs'),
  torture: join(root, 'torture', 'main.ts'),
}

const [name = '', ...args] = process.argv.slice(2)
const script = commands[name]
if (script === undefined) {
  process.stderr.write(`Usage: node scripts/with-node.mjs ${Object.keys(commands).join('|')} [arguments]\n`)
  process.exit(2)
}
if (!isInstalled()) await install()
// Left alone, V8 lets its young generation grow with the machine's memory: to 128 MiB where there are 24 GiB.
process.exitCode = await run(node, ['--max-semi-space-size=8', script, ...args], process.env)

/** pnpm keeps what it installed beside it, and writes that last. */
function isInstalled() {
  const installed = join(root, 'node_modules', '.pnpm', 'lock.yaml')
  if (!existsSync(installed) || !existsSync(node)) return false
  return readFileSync(installed, 'utf8') === readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')
}

async function install() {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  process.stderr.write(`Installing dependencies with ${packageManager} ...\n`)
  const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx'
  // Progress goes to standard error: standard output is the command's.
  const code = await run(
    npx,
    ['--yes', packageManager, 'install', '--frozen-lockfile'],
    installEnvironment(),
    {
      cwd: root,
      stdio: ['ignore', 2, 2],
    },
  )
  if (code !== 0 || !existsSync(node)) {
    process.stderr.write('The dependencies could not be installed; see above.\n')
    process.exit(code || 1)
  }
}

/** npm and pnpm keep caches in the home directory; some users have none that they can write to. */
function installEnvironment() {
  // Without a terminal pnpm would otherwise ask, and wait, before it replaces a folder that is out of date.
  const environment = { ...process.env, CI: process.env.CI ?? 'true' }
  try {
    accessSync(homedir(), constants.W_OK)
    return environment
  } catch {
    const home = join(tmpdir(), `tripline-home-${process.getuid?.() ?? 'user'}`)
    mkdirSync(home, { recursive: true, mode: 0o700 })
    return { ...environment, HOME: home, npm_config_cache: join(home, '.npm') }
  }
}

/** Runs a program to its end, hands signals on to it, and answers its exit code. */
function run(program, programArgs, environment, options = {}) {
  const path = [join(root, 'node_modules', '.bin'), environment.PATH ?? ''].join(delimiter)
  const child = spawn(program, programArgs, {
    stdio: 'inherit',
    env: { ...environment, PATH: path },
    ...options,
  })
  const forward = (signal) => child.kill(signal)
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, forward)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      for (const each of signals) process.off(each, forward)
      if (signal === null) resolve(code ?? 1)
      // End as the child did, so that a shell sees the signal.
      else process.kill(process.pid, signal)
    })
  })
}
