// The packages that are published, and what is told from their manifests.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Every package below `packages` that is not private: its folder, its name below the folder, and its manifest. */
export function publishablePackages() {
  return readdirSync(join(root, 'packages'))
    .map((entry) => ({ entry, folder: join(root, 'packages', entry) }))
    .filter(({ folder }) => existsSync(join(folder, 'package.json')))
    .map((each) => ({
      ...each,
      manifest: JSON.parse(readFileSync(join(each.folder, 'package.json'), 'utf8')),
    }))
    .filter(({ manifest }) => manifest.private !== true)
}
