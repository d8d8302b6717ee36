import { parseArgs } from 'node:util'

/** Reads `--name NUMBER` options; the given numbers are the defaults. Ends the process with a usage line on anything else. */
export function readOptions<Name extends string>(
  defaults: Readonly<Record<Name, number>>,
): Record<Name, number> {
  const names = Object.keys(defaults) as Name[]
  const usage = names.map((name) => `[--${name} ${defaults[name]}]`).join(' ')
  try {
    const { values } = parseArgs({
      options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
    })
    const entries = names.map((name) => {
      const given = values[name]
      const value = typeof given === 'string' ? Number(given) : defaults[name]
      if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} has to be a number.`)
      return [name, value] as const
    })
    return Object.fromEntries(entries) as Record<Name, number>
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nOptions: ${usage}`)
    process.exit(2)
  }
}
