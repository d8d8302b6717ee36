import { sourceContractVersion, type SourcePlugin } from '@tripline/core'
import { expect, test } from 'vitest'
import { createSourcePluginRegistry } from '../../src/plugin-host/source-plugin-registry.ts'
import { builtInSourcePlugins } from '../../src/plugins.ts'

function problemsOf(changes: Partial<SourcePlugin>): readonly string[] {
  const problems: string[] = []
  const log = { error: (_fields: object, message: string) => void problems.push(message) }
  const plugins = builtInSourcePlugins.map((plugin) => ({ ...plugin, ...changes }))
  const registry = createSourcePluginRegistry([...builtInSourcePlugins, ...plugins], log)
  expect(registry.list()).toEqual(builtInSourcePlugins)
  return problems
}

test.each([
  [{ name: 'later', sourceContractVersion: sourceContractVersion + 1 }, 'update the gateway'],
  [{ name: 'later', sourceContractVersion: sourceContractVersion - 1 }, 'update the plugin'],
  [{ name: 'Not Lower' }, 'lower-case'],
  [{ name: 'other', format: 'morse' }, 'there is no ingest format morse'],
  [{}, 'another source plugin has the same name'],
])('a source plugin that cannot be used is left out with the reason: %j', (changes, reason) => {
  expect(problemsOf(changes)).toEqual([expect.stringContaining(reason)])
})
