import { parseArgs } from 'node:util'
import { mutants } from './src/mutants.ts'
import { isClean, reportLines } from './src/report.ts'
import { torture } from './src/run-torture.ts'
import { genuineSiteNames, isSiteName, siteNames, type SiteName } from './src/site-names.ts'
import { whyUnavailable } from './src/sites.ts'
import { fullTorture } from './src/torture-options.ts'

const USAGE = `Tortures a gateway with faults and checks that sync neither duplicates, loops nor loses.

  --seed N       repeats the draws of an earlier run
  --faults N     how many faults have to strike (10000)
  --servers N    how many servers share the database (3)
  --sites SITES  how many ticketing systems, or which, with commas between: ${siteNames.join(', ')} (all);
                 ${genuineSiteNames.join(', ')} besides, which is genuine and is installed where root can on Debian
  --minutes N    ends the faults after so long at the latest (60)
  --mutant NAME  breaks the servers on purpose: ${Object.keys(mutants).join(', ')}
  --keep         leaves the database's files, for people to look at`

function readNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d+$/u.test(text)) fail(`--${name} has to be a number.`)
  return Number(text)
}

function readSites(text: string | undefined): number | readonly SiteName[] | undefined {
  if (text === undefined) return undefined
  if (/^\d+$/u.test(text)) {
    const count = Number(text)
    if (count < 1 || count > siteNames.length) fail(`--sites has to be from 1 to ${siteNames.length}.`)
    return count
  }
  const names = [...new Set(text.split(','))]
  const unknown = names.find((name) => !isSiteName(name))
  if (unknown !== undefined) fail(`There is no site ${unknown}.`)
  return names.filter(isSiteName)
}

function fail(message: string): never {
  process.stderr.write(`${message}\n\n${USAGE}\n`)
  process.exit(2)
}

const text = { type: 'string' } as const
const flag = { type: 'boolean', default: false } as const
const { values } = parseArgs({
  options: {
    seed: text,
    faults: text,
    servers: text,
    sites: text,
    minutes: text,
    mutant: text,
    keep: flag,
    help: flag,
  },
})
if (values.help) {
  process.stdout.write(`${USAGE}\n`)
} else {
  const { mutant = null } = values
  if (mutant !== null && !(mutant in mutants)) fail(`There is no mutant ${mutant}.`)
  const minutes = readNumber('minutes', values.minutes)
  const given = {
    seed: readNumber('seed', values.seed),
    faults: readNumber('faults', values.faults),
    servers: readNumber('servers', values.servers),
    sites: readSites(values.sites),
    maxMs: minutes === undefined ? undefined : minutes * 60_000,
  }
  const options = fullTorture({
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    mutant,
    keep: values.keep,
    say: (line) => process.stdout.write(`${line}\n`),
  })
  const missing = await whyUnavailable(options.sites)
  if (missing !== null) fail(`There is no Request Tracker here: ${missing}`)
  // Whatever was started ends with this process.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  process.stdout.write(`seed ${options.seed}\n`)
  const result = await torture(options)
  process.stdout.write(`${reportLines(result).join('\n')}\n`)
  process.exitCode = isClean(result) ? 0 : 1
}
