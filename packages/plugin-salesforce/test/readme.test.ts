import { readFile } from 'node:fs/promises'
import { mappingFindings, syncMappingsSchema } from '@tripline/core'
import { callOptions } from '@tripline/adapter-testkit'
import { expect, onTestFinished, test } from 'vitest'
import { startSalesforceWorld } from './salesforce-world.ts'

test('the mappings in the README are sound for an organisation as they assume it', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const example = /```json\n(.*?)```/su.exec(readme)?.[1] ?? ''
  const org = await startSalesforceWorld()
  onTestFinished(() => org.close())
  const system = await org.adapter.describe?.(callOptions())
  if (system === undefined) throw new Error('The adapter describes nothing')
  expect(mappingFindings(syncMappingsSchema.parse(JSON.parse(example)), system)).toEqual([])
})
