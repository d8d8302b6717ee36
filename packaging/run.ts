import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly packageManager: string
}

/** Of this run of tests, and nothing that people have. Where the registry is stays. */
const ofTheRun =
  /^(?:VITEST|TRIPLINE_|npm_(?:command|execpath|lifecycle|package)|NODE_(?:ENV|OPTIONS)$|TEST$)/u

/** What the commands of these tests see: the Node.js that runs the tests comes first on the path. */
export const environment: NodeJS.ProcessEnv = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofTheRun.test(name))),
  npm_config_update_notifier: 'false',
  PATH: [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
}

/** What a command printed, when it is over. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command to its end, whatever that is. */
export async function runToEnd(command: readonly string[], directory: string): Promise<Outcome> {
  const [program = '', ...args] = command
  const child = spawn(program, args, { cwd: directory, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (part: string) => (output.stdout += part))
  child.stderr.setEncoding('utf8').on('data', (part: string) => (output.stderr += part))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return { code, ...output }
}

/** What a command printed that has to end well. */
export async function run(command: readonly string[], directory: string): Promise<string> {
  const { code, stdout, stderr } = await runToEnd(command, directory)
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`)
  return stdout
}

/** One that people install with. */
export type PackageManager = 'npm' | 'pnpm'

/** How the package managers are called. */
export const packageManagers: Readonly<Record<PackageManager, readonly string[]>> = {
  npm: ['npm'],
  // In the version of the workspace, whether the machine has one or not.
  pnpm: ['npx', '--yes', packageManager],
}
