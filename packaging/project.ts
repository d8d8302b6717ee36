import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PackageManager, packageManagers, run } from './run.ts'
import { packedPackages } from './tarballs.ts'

/** A folder outside of the workspace. */
export interface Folder extends AsyncDisposable {
  readonly path: string
}

/** An empty folder, removed afterwards. */
export async function createFolder(): Promise<Folder> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'tripline-packaging-')))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** The dependencies of a project, by the sections of its manifest. */
export type Dependencies = Partial<
  Record<'dependencies' | 'devDependencies', Readonly<Record<string, string>>>
>

/** Writes the manifest of a project and installs what it names; ours come from the archives. */
export async function installProject(
  path: string,
  manager: PackageManager,
  manifest: Dependencies & { readonly name: string },
): Promise<void> {
  const isNpm = manager === 'npm'
  const whole = { private: true, type: 'module', ...manifest, ...(isNpm ? { overrides: archives() } : {}) }
  await writeFile(join(path, 'package.json'), JSON.stringify(whole, null, 2))
  if (!isNpm) await writeFile(join(path, 'pnpm-workspace.yaml'), pnpmSettings())
  const quick = isNpm ? ['--no-audit', '--no-fund'] : []
  await run([...packageManagers[manager], 'install', '--prefer-offline', ...quick], path)
}

/** The settings with which pnpm takes ours from the archives. Every JSON is YAML. */
export function pnpmSettings(): string {
  return JSON.stringify({ overrides: archives(), strictDepBuilds: false }, null, 2)
}

function archives(): Readonly<Record<string, string>> {
  return Object.fromEntries([...packedPackages()].map(([name, file]) => [name, `file:${file}`]))
}
