import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Where the packed packages are, by the packages' names. */
export function packedPackages(): ReadonlyMap<string, string> {
  const folder = process.env['TRIPLINE_TARBALLS']
  if (folder === undefined) throw new Error('Run: node scripts/with-node.mjs check packages')
  return new Map(
    readdirSync(folder).map((file) => [
      file.replace(/^tripline-(?<name>.*)-\d+\.\d+\.\d+.*\.tgz$/u, '@tripline/$<name>'),
      join(folder, file),
    ]),
  )
}

/** Where one of them is. */
export function packedPackage(name: string): string {
  const file = packedPackages().get(name)
  if (file === undefined) throw new Error(`${name} was not packed`)
  return file
}
