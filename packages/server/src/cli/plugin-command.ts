import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Command } from 'commander'
import { z } from 'zod'
import { CommandFailure, configure, print, type CommandContext } from './command-context.ts'
import { exitCodes } from './exit-codes.ts'

/** `tripline plugin` */
export function addPluginCommand(program: Command, context: CommandContext): void {
  const plugin = program
    .command('plugin')
    .description(
      'Plugins for further ticketing systems, receivers of open data streams and sources of detections.',
    )
  plugin
    .command('add')
    .argument('<package>', 'its name in the package registry, or a path to it')
    .description('Install a plugin in this directory and name it in tripline.config.json.')
    .addHelpText('after', '\nExample:\n  tripline plugin add @tripline/plugin-salesforce')
    .action((name: string) => addPlugin(context, name, process.cwd()))
  plugin
    .command('list')
    .description('The plugins that a server started in this directory has.')
    .action(async () => {
      const { log } = configure(context, { LOG_FORMAT: 'pretty' })
      const { builtInPlugins, builtInSourcePlugins, builtInStreamPlugins } = await import('../plugins.ts')
      const { loadPlugins } = await import('../plugin-host/load-plugins.ts')
      const { createPluginRegistry } = await import('../plugin-host/plugin-registry.ts')
      const { createSourcePluginRegistry } = await import('../plugin-host/source-plugin-registry.ts')
      const { createStreamPluginRegistry } = await import('../plugin-host/stream-plugin-registry.ts')
      const loaded = await loadPlugins(process.cwd(), log)
      for (const { name, title } of createPluginRegistry(
        [...builtInPlugins, ...loaded.ticketing],
        log,
      ).list()) {
        print(context, `${name}\t${title}`)
      }
      const streams = createStreamPluginRegistry([...builtInStreamPlugins, ...loaded.streams], log)
      for (const { kind, title } of streams.list()) print(context, `${kind}\t${title} (open data stream)`)
      const sources = createSourcePluginRegistry([...builtInSourcePlugins, ...loaded.sources], log)
      for (const { name, title } of sources.list()) print(context, `${name}\t${title} (source of detections)`)
    })
}

async function addPlugin(context: CommandContext, given: string, directory: string): Promise<void> {
  const { findConfigFile } = await import('../plugin-host/load-plugins.ts')
  const file = findConfigFile(directory)
  if (file !== null && !file.endsWith('.json')) {
    throw new CommandFailure(
      exitCodes.failed,
      `${basename(file)} is written by hand: install ${given} with your package manager and add it to plugins there.`,
    )
  }
  const before = await dependencies(directory)
  await install(given, directory)
  const added = [...(await dependencies(directory))].filter((name) => !before.has(name))
  const name = added[0] ?? given
  await nameInConfig(file ?? join(directory, 'tripline.config.json'), name)
  print(context, `${name} is installed; a server started here has it.`)
}

const configSchema = z.looseObject({ plugins: z.array(z.string()).default([]) })
const manifestSchema = z.looseObject({ dependencies: z.record(z.string(), z.string()).default({}) })

async function nameInConfig(file: string, name: string): Promise<void> {
  const config = configSchema.parse(existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : {})
  const plugins = [...new Set([...config.plugins, name])]
  await writeFile(file, `${JSON.stringify({ ...config, plugins }, null, 2)}\n`)
}

async function dependencies(directory: string): Promise<ReadonlySet<string>> {
  const manifest = join(directory, 'package.json')
  if (!existsSync(manifest)) return new Set()
  return new Set(Object.keys(manifestSchema.parse(JSON.parse(await readFile(manifest, 'utf8'))).dependencies))
}

/** With the package manager whose lockfile is there, else with npm. */
async function install(name: string, directory: string): Promise<void> {
  const [program, verb] = existsSync(join(directory, 'pnpm-lock.yaml'))
    ? (['pnpm', 'add'] as const)
    : (['npm', 'install'] as const)
  const child = spawn(program, [verb, name], { cwd: directory, stdio: ['ignore', 2, 2] })
  const code = await new Promise<number>((done, failed) => {
    child.once('error', failed)
    child.once('exit', (exit) => done(exit ?? 1))
  })
  if (code !== 0)
    throw new CommandFailure(exitCodes.failed, `${program} could not install ${name}; see above.`)
}
