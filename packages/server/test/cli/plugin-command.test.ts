import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

test('plugin add installs a package, names it in the configuration, and plugin list has it', async () => {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'tripline-add-')))
  try {
    const plugin = join(directory, 'my-plugin')
    const project = join(directory, 'project')
    await mkdir(plugin)
    await mkdir(project)
    await writeFile(join(project, 'package.json'), '{ "name": "project", "private": true }')
    const manifest = { name: 'tripline-plugin-desk', version: '1.0.0', type: 'module', exports: './index.js' }
    await writeFile(join(plugin, 'package.json'), JSON.stringify(manifest))
    await writeFile(
      join(plugin, 'index.js'),
      `export const desk = { name: 'desk', title: 'Desk', contractVersion: 1, settings: {}, connect() {} }\n`,
    )
    await run(process.execPath, [main, 'plugin', 'add', plugin], { cwd: project })
    const config: unknown = JSON.parse(await readFile(join(project, 'tripline.config.json'), 'utf8'))
    expect(config).toEqual({ plugins: ['tripline-plugin-desk'] })
    const { stdout } = await run(process.execPath, [main, 'plugin', 'list'], { cwd: project })
    const [jira, desk, ...others] = stdout.trim().split('\n')
    expect([jira, desk]).toEqual(['jira\tJira', 'desk\tDesk'])
    expect(others.map((line) => line.split('\t')[0])).toEqual(['http', 'syslog', 'raw', 'extrahop'])
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
