import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createFolder, type Folder, pnpmSettings } from './project.ts'
import { packageManagers, run } from './run.ts'
import { packedPackage } from './tarballs.ts'

/** The repository. */
const root = join(import.meta.dirname, '..')

/** What the guide says to begin with. */
export async function nameInGuide(): Promise<string> {
  const guide = await readFile(join(root, 'docs', 'writing-an-adapter.md'), 'utf8')
  const name = /^npm create @tripline\/adapter (?<name>\S+)$/mu.exec(guide)?.groups?.['name']
  if (name === undefined) throw new Error('The guide does not say how to begin')
  return name
}

/** A new adapter as the packed generator makes it, with its dependencies. */
export async function generatedAdapter(name: string): Promise<Folder> {
  await using cleanup = new AsyncDisposableStack()
  const folder = cleanup.use(await createFolder())
  const generator = `--package=${packedPackage('@tripline/create-adapter')}`
  await run(['npx', '--yes', '--prefer-offline', generator, '--', 'create-adapter', name], folder.path)
  const path = join(folder.path, name.replace(/^@[^/]+\//u, ''))
  await writeFile(join(path, 'pnpm-workspace.yaml'), pnpmSettings())
  await run([...packageManagers.pnpm, 'install', '--prefer-offline'], path)
  const kept = cleanup.move()
  return { path, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}
