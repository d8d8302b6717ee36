import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { contractVersion } from '@tripline/core'
import { expect, test } from 'vitest'
import { loadPlugins } from '../../src/plugin-host/load-plugins.ts'
import { createPluginRegistry } from '../../src/plugin-host/plugin-registry.ts'

const packages = fileURLToPath(new URL('../../..', import.meta.url))

function pluginSource(name: string, version: number = contractVersion): string {
  return `export const plugin = { name: '${name}', title: 'T', contractVersion: ${version}, settings: {}, connect() {} }\n`
}

/** A directory with files, and packages in its node_modules. */
async function project(files: Readonly<Record<string, string>>) {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'tripline-plugins-')))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true })
    await writeFile(join(path, name), content)
  }
  const problems: string[] = []
  const log = { error: (_: object, message: string) => problems.push(message) }
  return {
    path,
    problems,
    async names() {
      const plugins = await loadPlugins(path, log as never)
      return createPluginRegistry(plugins.ticketing, log as never)
        .list()
        .map(({ name }) => name)
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  }
}

function installed(name: string, source: string, exports: unknown = './index.js'): Record<string, string> {
  const manifest = { name, version: '1.0.0', type: 'module', exports }
  return {
    [`node_modules/${name}/package.json`]: JSON.stringify(manifest),
    [`node_modules/${name}/index.js`]: source,
  }
}

test('without a configuration file there are no further plugins, and no problem', async () => {
  await using directory = await project({})
  expect(await directory.names()).toEqual([])
  expect(directory.problems).toEqual([])
})

test('packages are loaded by name, for import alone too', async () => {
  await using directory = await project({
    ...installed('one', pluginSource('one')),
    ...installed('two', pluginSource('two'), { '.': { import: './index.js' } }),
    'tripline.config.json': JSON.stringify({ plugins: ['one', 'two'] }),
  })
  expect(await directory.names()).toEqual(['one', 'two'])
  expect(directory.problems).toEqual([])
})

test('one that is missing, throws, holds no plugin or speaks another contract is named, and the rest goes on', async () => {
  await using directory = await project({
    ...installed('good', pluginSource('good')),
    ...installed('throwing', 'throw new Error("no licence")\n'),
    ...installed('empty', 'export const nothing = 1\n'),
    ...installed('old', pluginSource('old', 0)),
    'tripline.config.json': JSON.stringify({ plugins: ['missing', 'throwing', 'empty', 'old', 'good'] }),
  })
  expect(await directory.names()).toEqual(['good'])
  const problems = directory.problems.join('\n')
  expect(problems).toContain(
    'missing cannot be loaded: it is not installed; run: tripline plugin add missing',
  )
  expect(problems).toContain('throwing cannot be loaded: no licence')
  expect(problems).toContain('empty exports no ticketing, stream or source plugin')
  expect(problems).toContain('old cannot be used: it was written for version 0')
})

test('a configuration file in TypeScript may hold plugins themselves', async () => {
  await using directory = await project({
    ...installed('one', pluginSource('one')),
    'tripline.config.ts': `import { plugin } from 'one'\nexport default { plugins: [plugin] as const }\n`,
    'package.json': JSON.stringify({ type: 'module' }),
  })
  expect(await directory.names()).toEqual(['one'])
})

test('a configuration file that cannot be read is named, and the server has its own plugins', async () => {
  await using directory = await project({ 'tripline.config.json': '{ "plugins": "one" }' })
  expect(await directory.names()).toEqual([])
  expect(directory.problems.join()).toContain('tripline.config.json cannot be read')
})

test.each(['plugin-salesforce', 'plugin-request-tracker', 'plugin-servicenow'])(
  '%s is such a plugin',
  async (name) => {
    await using directory = await project({
      'tripline.config.json': JSON.stringify({ plugins: [`@tripline/${name}`] }),
    })
    await mkdir(join(directory.path, 'node_modules', '@tripline'), { recursive: true })
    await symlink(join(packages, name), join(directory.path, 'node_modules', '@tripline', name))
    expect(await directory.names()).toEqual([name.slice('plugin-'.length)])
    expect(directory.problems).toEqual([])
  },
)

test('a source plugin is told from the others, whatever else a package holds', async () => {
  const source = `export const source = { name: 'probe', title: 'P', sourceContractVersion: 1, format: 'tripline', connect() {} }\n`
  await using directory = await project({
    ...installed('both', pluginSource('desk') + source),
    'tripline.config.json': JSON.stringify({ plugins: ['both'] }),
  })
  const { ticketing, sources } = await loadPlugins(directory.path, { error: () => undefined } as never)
  expect(ticketing.map(({ name }) => name)).toEqual(['desk'])
  expect(sources.map(({ name }) => name)).toEqual(['probe'])
})
