// Everything that has to hold before a change goes in. Runs all of it, whatever fails, and says at the end how each went.
//
//   pnpm check            everything
//   pnpm check lint test  only these steps
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, relative } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const scratch = mkdtempSync(join(tmpdir(), 'tripline-check-'))
// What a test runs of ours is compiled once for all.
const compiled = join(scratch, 'compiled')
const jiraSpecs = (process.env.TRIPLINE_JIRA_SPECS ?? '').split(delimiter).filter((path) => path !== '')

const steps = [
  { name: 'format', command: ['oxfmt', '--check'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'], besideTheLast: true },
  { name: 'types', command: ['tsc', '--noEmit'], besideTheLast: true },
  { name: 'unused', command: ['knip'], besideTheLast: true },
  { name: 'dependencies', command: ['node', 'scripts/check-dependencies.mjs'], besideTheLast: true },
  {
    name: 'schema',
    command: ['node', 'packages/server/src/graphql/print-schema.ts', '--check'],
    besideTheLast: true,
  },
  // Tests wait for servers now and then, which leaves time to look at the sources, too.
  { ...tests('test', '--project=libraries', '--project=server'), besideTheLast: true },
  tests('torture', '--project=torture'),
  // It installs, and torture waits, most of the time.
  { name: 'packages', command: ['node', 'scripts/check-packages.mjs'], besideTheLast: true },
  ...(jiraSpecs.length === 0
    ? []
    : [
        {
          name: 'contract:jira',
          besideTheLast: true,
          command: [
            'node',
            'packages/plugin-jira/src/simulator/contract-check.ts',
            ...jiraSpecs.flatMap((path) => ['--spec', path]),
          ],
        },
      ]),
]

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !steps.some((step) => step.name === name))
if (unknown.length > 0) {
  console.error(
    `There is no step ${unknown.join(', ')}; there are ${steps.map(({ name }) => name).join(', ')}.`,
  )
  process.exit(2)
}

const running = new Set()
let toldToEnd = ''
const numbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }
for (const signal of Object.keys(numbers)) process.on(signal, end)

const results = []
let last = Promise.resolve()
for (const step of steps.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  if (step.besideTheLast !== true) await last
  if (toldToEnd !== '') break
  last = Promise.all([last, runTimed(step)])
}
await last
if (toldToEnd !== '') {
  await allEnded()
  rmSync(scratch, { recursive: true, force: true })
  console.log(`\nEnded by ${toldToEnd}.`)
  process.exit(128 + numbers[toldToEnd])
}

console.log('\nSteps:')
for (const { name, good, seconds } of results) {
  console.log(`  ${good ? 'ok    ' : 'FAILED'} ${name.padEnd(14)} ${seconds.toFixed(1).padStart(6)} s`)
}
if (jiraSpecs.length === 0)
  console.log('  (contract:jira is left out: TRIPLINE_JIRA_SPECS names no OpenAPI documents)')
let passed = 0
let failed = 0
for (const { good, report } of results) {
  const { passes, failures } = report === undefined ? { passes: 0, failures: [] } : readReport(report)
  for (const { where, message } of failures) console.log(`  FAILED ${where}\n         ${message}`)
  passed += report === undefined && good ? 1 : passes
  failed += failures.length > 0 ? failures.length : Number(!good)
}
rmSync(scratch, { recursive: true, force: true })
process.exitCode = failed === 0 ? 0 : 1
console.log(`${passed} passed, ${failed} failed`)

/** A step that runs projects of tests; long, so shown as it goes. */
function tests(name, ...projects) {
  const report = join(scratch, `${name}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  return { name, command: ['vitest', 'run', ...projects, ...reporters], live: true, report }
}

async function runTimed(step) {
  console.log(`\n> ${step.name}`)
  const begun = performance.now()
  const good = await run(step)
  const { name, report } = step
  results.push({ name, good, report, seconds: (performance.now() - begun) / 1000 })
}

/** Whether the step ended well. Its output is shown when it did not, unless we ended it. */
function run({ command: [program, ...args], live = false }) {
  const child = spawn(program, args, {
    cwd: root,
    env: {
      ...process.env,
      NODE_COMPILE_CACHE: compiled,
      PATH: [join(root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter),
    },
    stdio: live ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that a signal reaches everything that the step has started, and all of it once.
    detached: true,
  })
  const output = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => output.push(chunk))
  if (child.pid !== undefined) running.add(child.pid)
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.log(`${program} cannot be run: ${error.message}`)
      resolve(false)
    })
    child.once('close', (code) => {
      if (toldToEnd === '') running.delete(child.pid)
      if (code !== 0 && toldToEnd === '') process.stdout.write(Buffer.concat(output))
      resolve(code === 0)
    })
  })
}

/** Hands the signal to everything that runs, and ends by force what outlives it by ten seconds; no step begins any more. */
async function end(signal) {
  if (toldToEnd === '') toldToEnd = signal
  signalAll(signal)
  await setTimeout(10_000, undefined, { ref: false })
  signalAll('SIGKILL')
}

/** Waits for what the steps have started and not waited for themselves; what is stuck in the kernel is not waited for. */
async function allEnded() {
  const deadline = performance.now() + 12_000
  while (signalAll(0) && performance.now() < deadline) await setTimeout(50)
}

/** Whether anything was there to get the signal. */
function signalAll(signal) {
  for (const leader of running) {
    try {
      process.kill(-leader, signal)
    } catch {
      running.delete(leader)
    }
  }
  return running.size > 0
}

/** What vitest counted, and what failed; a suite that could not even be loaded counts as one failure. */
function readReport(report) {
  try {
    const { numPassedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'))
    const failures = testResults.flatMap(({ name, status, message, assertionResults }) => {
      const file = relative(root, name)
      const failed = assertionResults
        .filter((each) => each.status === 'failed')
        .map(({ fullName, failureMessages }) => ({
          where: `${file}: ${fullName}`,
          message: firstLines(failureMessages.join('\n')),
        }))
      return status === 'failed' && failed.length === 0
        ? [{ where: file, message: firstLines(message) }]
        : failed
    })
    return { passes: numPassedTests, failures }
  } catch {
    return { passes: 0, failures: [{ where: 'vitest', message: 'left no report' }] }
  }
}

function firstLines(text) {
  return text.split('\n').slice(0, 6).join('\n         ')
}
