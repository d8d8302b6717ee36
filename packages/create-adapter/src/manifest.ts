import { readFile } from 'node:fs/promises'
import { z } from 'zod'

/** The versions that a new package asks for, by the packages' names. */
export type Ranges = Readonly<Record<string, string>>

const ownManifest = new URL('../package.json', import.meta.url)
const manifestSchema = z.object({
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()),
})

/** Those that this package itself is made with: the template is compiled against them. */
export async function ownRanges(): Promise<Ranges> {
  const { dependencies, devDependencies } = manifestSchema.parse(
    JSON.parse(await readFile(ownManifest, 'utf8')),
  )
  return { ...dependencies, ...devDependencies }
}

/** The `package.json` of a new adapter. */
export function adapterManifest(packageName: string, title: string, ranges: Ranges): object {
  const of = (...names: readonly string[]): Ranges =>
    Object.fromEntries(
      names.map((name) => {
        const range = ranges[name]
        if (range === undefined) throw new Error(`The range of ${name} is not known`)
        return [name, range]
      }),
    )
  return {
    name: packageName,
    version: '0.1.0',
    description: `Tripline ticketing plugin for ${title}`,
    keywords: ['tripline', 'tripline-plugin'],
    files: ['dist', 'README.md'],
    type: 'module',
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
    scripts: {
      build: 'tsc --project tsconfig.build.json',
      lint: 'oxlint --type-aware --deny-warnings',
      prepack: 'tsc --project tsconfig.build.json',
      test: 'vitest run',
      types: 'tsc --noEmit',
    },
    dependencies: of('@tripline/adapter-http', 'zod'),
    devDependencies: of(
      '@tripline/adapter-testkit',
      '@tripline/core',
      '@types/node',
      'oxlint',
      'oxlint-tsgolint',
      'typescript',
      'vitest',
    ),
    peerDependencies: of('@tripline/core'),
    engines: { node: '>=24' },
  }
}
