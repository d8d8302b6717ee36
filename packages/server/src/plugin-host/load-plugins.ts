import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire, findPackageJSON } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import type { Log } from '../log.ts'
import {
  isSourcePlugin,
  isStreamPlugin,
  isTicketingPlugin,
  sortPlugins,
  type AnyPlugin,
  type LoadedPlugins,
} from './loaded-plugins.ts'

/** The names a configuration file may have, in the order in which they are looked for. */
const CONFIG_FILES = [
  'tripline.config.ts',
  'tripline.config.mts',
  'tripline.config.mjs',
  'tripline.config.json',
]

/** What a configuration file says. */
const configFileSchema = z.strictObject({
  /** Packages by name, as they are installed beside the file, or plugins themselves. */
  plugins: z.array(z.union([z.string().min(1), z.custom<AnyPlugin>(isPlugin)])).default([]),
})

/** A problem with one plugin; the others and the server go on. */
type Report = Pick<Log, 'error'>

/**
 * Loads the plugins that the configuration file of a directory names. Whatever is wrong with one (it is not installed,
 * it throws, it holds no plugin) is reported, and it is left out.
 */
export async function loadPlugins(directory: string, log: Report): Promise<LoadedPlugins> {
  const file = findConfigFile(directory)
  if (file === null) return sortPlugins([])
  const entries = await readConfigFile(file, log)
  const loaded = await Promise.all(
    entries.map(async (entry) => (typeof entry === 'string' ? await loadPackage(entry, file, log) : [entry])),
  )
  return sortPlugins(loaded.flat())
}

/** The configuration file of a directory; `null`: it has none. */
export function findConfigFile(directory: string): string | null {
  const name = CONFIG_FILES.find((candidate) => existsSync(join(directory, candidate)))
  return name === undefined ? null : resolve(directory, name)
}

async function readConfigFile(file: string, log: Report): Promise<readonly (string | AnyPlugin)[]> {
  try {
    const content: unknown = file.endsWith('.json')
      ? JSON.parse(await readFile(file, 'utf8'))
      : await importDefault(file)
    return configFileSchema.parse(content).plugins
  } catch (error) {
    log.error(
      { err: error, file },
      `${file} cannot be read, so none of its plugins is loaded: ${reasonOf(error)}`,
    )
    return []
  }
}

async function importDefault(file: string): Promise<unknown> {
  const module = (await import(pathToFileURL(file).href)) as { readonly default?: unknown }
  if (module.default === undefined) throw new Error('it has no default export')
  return module.default
}

async function loadPackage(name: string, file: string, log: Report): Promise<readonly AnyPlugin[]> {
  try {
    const module = (await import(entryOf(name, file))) as Readonly<Record<string, unknown>>
    const plugins = Object.values(module).filter(isPlugin)
    if (plugins.length > 0) return plugins
    log.error({ plugin: name }, `${name} exports no ticketing, stream or source plugin`)
  } catch (error) {
    log.error({ err: error, plugin: name }, `the plugin ${name} cannot be loaded: ${reasonOf(error)}`)
  }
  return []
}

/** Where a package begins that is installed beside a file, whether it is made for `import` alone or not. */
function entryOf(name: string, file: string): string {
  const manifest = findManifest(name, file)
  if (manifest === null) throw new Error(`it is not installed; run: tripline plugin add ${name}`)
  const { exports } = packageSchema.parse(createRequire(file)(manifest))
  const entry = typeof exports === 'string' ? exports : exports?.['.']
  const path = typeof entry === 'string' ? entry : (entry?.import ?? entry?.default)
  if (typeof path === 'string') return new URL(path, pathToFileURL(manifest)).href
  return pathToFileURL(createRequire(file).resolve(name)).href
}

function findManifest(name: string, file: string): string | null {
  try {
    return findPackageJSON(name, pathToFileURL(file)) ?? null
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
    if (isMissing) return null
    throw error
  }
}

const conditions = z.looseObject({ import: z.unknown(), default: z.unknown() }).partial()
const packageSchema = z.looseObject({
  exports: z
    .union([z.string(), z.looseObject({ '.': z.union([z.string(), conditions]) }).partial()])
    .optional(),
})

function isPlugin(value: unknown): value is AnyPlugin {
  return isTicketingPlugin(value) || isStreamPlugin(value) || isSourcePlugin(value)
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
