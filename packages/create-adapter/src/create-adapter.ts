import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type AdapterNames, CannotCreate } from './adapter-names.ts'
import { adapterManifest, type Ranges } from './manifest.ts'
import { renamed } from './template-text.ts'

const template = fileURLToPath(new URL('../template', import.meta.url))

/** Files that would mean something where the template lies, or that npm would not pack. */
const dotted = new Set(['gitignore', 'oxlintrc.json'])

/**
 * Makes the package of a new adapter, in a folder below `directory`.
 *
 * @returns the paths of its files, relative to that folder
 * @throws CannotCreate when the folder is there already, and not empty
 */
export async function createAdapter(
  directory: string,
  names: AdapterNames,
  ranges: Ranges,
): Promise<readonly string[]> {
  const folder = join(directory, names.folder)
  await refuseUnlessEmpty(folder)
  const files = new Map<string, string>()
  const manifest = adapterManifest(names.packageName, names.title, ranges)
  files.set('package.json', `${JSON.stringify(manifest, null, 2)}\n`)
  for (const entry of await readdir(template, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const source = join(entry.parentPath, entry.name)
    const name = dotted.has(entry.name) ? `.${entry.name}` : renamed(entry.name, names)
    const path = join(relative(template, entry.parentPath), name)
    files.set(path, renamed(await readFile(source, 'utf8'), names))
  }
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text, { flag: 'wx' })
  }
  return [...files.keys()].toSorted()
}

async function refuseUnlessEmpty(folder: string): Promise<void> {
  const inside = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    if (error.code === 'ENOTDIR') throw new CannotCreate(`${folder} is a file. Choose another name.`)
    throw error
  })
  if (inside.length > 0) {
    throw new CannotCreate(
      `The folder ${folder} is there already, and not empty. Choose another name, or remove it.`,
    )
  }
}
