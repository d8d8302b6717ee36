import { expect, test } from 'vitest'
import { contractVersion } from '@tripline/core'
import { createPluginRegistry } from '../../src/plugin-host/plugin-registry.ts'
import { builtInPlugins } from '../../src/plugins.ts'

function collectErrors() {
  const messages: string[] = []
  return { messages, error: (_fields: object, message: string) => void messages.push(message) }
}

test('a plugin for another contract is left out with the reason, and the others go on', () => {
  const log = collectErrors()
  const outdated = builtInPlugins.map((plugin) => ({
    ...plugin,
    name: 'outdated',
    contractVersion: contractVersion + 1,
  }))
  const registry = createPluginRegistry([...outdated, ...builtInPlugins], log)
  expect(registry.find('outdated')).toBeNull()
  expect(registry.find('jira')?.title).toBe('Jira')
  expect(registry.list().map(({ name }) => name)).toEqual(builtInPlugins.map(({ name }) => name))
  expect(log.messages).toEqual([
    `the plugin outdated cannot be used: it was written for version ${contractVersion + 1} of the contract, and this gateway has version ${contractVersion}; update the gateway`,
  ])
})

test('the second of two plugins of one name is left out', () => {
  const log = collectErrors()
  const registry = createPluginRegistry([...builtInPlugins, ...builtInPlugins], log)
  expect(registry.list()).toHaveLength(builtInPlugins.length)
  expect(log.messages[0]).toContain('another plugin has the same name')
})
