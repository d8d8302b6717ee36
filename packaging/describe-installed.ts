// oxlint-disable vitest/require-top-level-describe -- this makes tests; the files in `test` say with which package manager.
import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createFolder, type Folder, installProject } from './project.ts'
import { environment, type PackageManager, run } from './run.ts'
import { packedPackage, packedPackages } from './tarballs.ts'

const plugin = '@tripline/plugin-salesforce'

/** What has to hold of a server and its plugins that people installed with one of the package managers. */
export function describeInstalled(manager: PackageManager): void {
  describe(`installed with ${manager}`, () => {
    installedTests(manager)
  })
}

function installedTests(manager: PackageManager): void {
  let project: Folder

  // Once, since it takes seconds, and no test changes what is installed.
  beforeAll(async () => {
    project = await createFolder()
    await installProject(project.path, manager, {
      name: 'gateway',
      // The core comes with those that need it, as it does for whoever installs a server and a plugin.
      dependencies: Object.fromEntries(installed().map((name) => [name, `file:${packedPackage(name)}`])),
      devDependencies: { vitest: '^5.1.1' },
    })
    await writeFile(join(project.path, 'tripline.config.json'), JSON.stringify({ plugins: [plugin] }))
  })
  afterAll(async () => await project[Symbol.asyncDispose]())

  const tripline = (...args: readonly string[]): Promise<string> =>
    run(['npx', 'tripline', ...args], project.path)

  test('every entry point can be imported, and holds something', async () => {
    const entries = await entryPoints(project.path)
    expect(entries).toContain('@tripline/plugin-jira/simulator')
    const source = `
      const found = {}
      for (const entry of ${JSON.stringify(entries)}) found[entry] = Object.keys(await import(entry)).length
      console.log(JSON.stringify(found))
    `
    const printed = await run([process.execPath, '--input-type=module', '--eval', source], project.path)
    const found = z.record(z.string(), z.int().positive()).parse(JSON.parse(printed))
    expect(Object.keys(found)).toEqual(entries)
  })

  test('there is one core, whoever asks for it', async () => {
    const source = `
      import { createRequire, findPackageJSON } from 'node:module'
      import { realpathSync } from 'node:fs'
      const here = import.meta.url
      const cores = ${JSON.stringify(installed())}
        .map((name) => realpathSync(findPackageJSON(name, here)))
        .filter((manifest) => JSON.stringify(createRequire(here)(manifest)).includes('"@tripline/core"'))
        .map((manifest) => realpathSync(createRequire(manifest).resolve('@tripline/core')))
      console.log(JSON.stringify(cores))
    `
    const script = join(project.path, 'cores.mjs')
    await writeFile(script, source)
    const cores = z.array(z.string()).parse(JSON.parse(await run([process.execPath, script], project.path)))
    expect(cores.length).toBeGreaterThan(4)
    expect(new Set(cores).size).toBe(1)
  })

  test('tripline --help names the commands', async () => {
    expect(await tripline('--help')).toMatch(/^ +serve /mu)
  })

  test('tripline plugin list has the plugin of the configuration', async () => {
    expect(await tripline('plugin', 'list')).toContain('salesforce\tSalesforce')
  })

  test('the server starts with a database of its own, and has the plugin', async () => {
    const key = 'preset-key-of-the-operator'
    const main = join('node_modules', '@tripline', 'server', 'bin', 'tripline.mjs')
    const server = spawn(process.execPath, [main, 'serve'], {
      cwd: project.path,
      env: { ...environment, PORT: '0', TRIPLINE_ADMIN_API_KEY: key },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const ended = new Promise((resolve) => server.once('close', resolve))
    try {
      const url = await addressOf(server)
      const answer = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify({ query: '{ ticketingPlugins { name } }' }),
      })
      expect(await answer.json()).toEqual({
        data: { ticketingPlugins: [{ name: 'jira' }, { name: 'salesforce' }] },
      })
    } finally {
      server.kill('SIGTERM')
      expect(await ended).toBe(0)
    }
  })
}

/** What a project asks for. The generator is not for projects. */
function installed(): readonly string[] {
  return [...packedPackages().keys()].filter(
    (name) => name !== '@tripline/core' && name !== '@tripline/create-adapter',
  )
}

/** What a project can import of ours, as the installed manifests say. */
async function entryPoints(path: string): Promise<readonly string[]> {
  const schema = z.object({ exports: z.record(z.string(), z.unknown()) })
  const manifests = installed().map(async (name) => {
    const manifest = await readFile(join(path, 'node_modules', name, 'package.json'), 'utf8')
    const { exports } = schema.parse(JSON.parse(manifest))
    return Object.keys(exports).map((entry) => name + entry.slice(1))
  })
  return (await Promise.all(manifests)).flat()
}

/** Where a server says that it is ready. */
function addressOf(server: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = ''
    const look = (part: Buffer): void => {
      printed += part.toString('utf8')
      const url = /is ready at (http:\S+)/u.exec(printed)?.[1]
      if (url !== undefined) resolve(url)
    }
    server.stdout?.on('data', look)
    server.stderr?.on('data', look)
    server.once('close', (code) => reject(new Error(`The server ended with ${code}:\n${printed}`)))
  })
}
