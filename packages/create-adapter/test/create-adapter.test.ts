import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { adapterNames, CannotCreate } from '../src/adapter-names.ts'
import { createAdapter } from '../src/create-adapter.ts'
import { ownRanges } from '../src/manifest.ts'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const names = adapterNames('@acme/tripline-plugin-service-desk')

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tripline-create-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

async function runMain(args: readonly string[], cwd: string) {
  return await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [main, ...args], { cwd }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, stdout, stderr })
    })
  })
}

test("calls everything after the vendor, and nothing after the template's", async () => {
  const folder = await emptyFolder()
  const files = await createAdapter(folder, names, await ownRanges())
  expect(files).toEqual(
    expect.arrayContaining(['.gitignore', '.oxlintrc.json', 'package.json', 'src/service-desk-adapter.ts']),
  )
  for (const file of files) {
    const text = await readFile(join(folder, names.folder, file), 'utf8')
    expect({ file, left: /(?<!@)acme/iu.exec(file + text)?.[0] }).toEqual({ file, left: undefined })
  }
  const index = await readFile(join(folder, names.folder, 'src', 'index.ts'), 'utf8')
  expect(index).toContain('serviceDeskPlugin: TicketingPlugin<ServiceDeskSettings>')
  expect(index).toContain("name: 'service-desk'")
  expect(index).toContain("title: 'Service Desk'")
})

test('takes an empty folder, and none in which something is', async () => {
  const folder = await emptyFolder()
  await mkdir(join(folder, names.folder))
  await createAdapter(folder, names, await ownRanges())
  await expect(createAdapter(folder, names, await ownRanges())).rejects.toThrow(
    /is there already, and not empty/u,
  )
  await writeFile(join(folder, 'desk'), '')
  await expect(createAdapter(folder, adapterNames('desk'), await ownRanges())).rejects.toThrow(CannotCreate)
})

test('says what it made and how to go on', async () => {
  const folder = await emptyFolder()
  const { code, stdout } = await runMain(['tripline-plugin-desk'], folder)
  expect(code).toBe(0)
  expect(stdout).toContain('src/desk-adapter.ts')
  expect(stdout).toContain('cd tripline-plugin-desk\n  npm install\n  npm test')
})

test.each([[[]], [['one', 'two']], [['Not A Name']], [['--unknown']]])(
  'makes nothing of %j, says why, and ends with 2',
  async (args) => {
    const folder = await emptyFolder()
    const { code, stderr } = await runMain(args, folder)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/\S/u) })
    expect(stderr).not.toContain('    at ')
    expect(await readdir(folder)).toEqual([])
  },
)
