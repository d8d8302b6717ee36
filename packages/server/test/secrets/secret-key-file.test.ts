import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ensureSecretKeyFile } from '../../src/secrets/secret-key-file.ts'

async function createFolder() {
  const path = await mkdtemp(join(tmpdir(), 'tripline-key-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

test('the key is made once, for us alone, whoever comes first', async () => {
  await using folder = await createFolder()
  const dataDir = join(folder.path, 'data')
  const keys = await Promise.all(Array.from({ length: 8 }, () => ensureSecretKeyFile(dataDir)))
  expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1)
  expect(keys[0]).toHaveLength(32)
  expect((await stat(join(dataDir, 'secret-key'))).mode & 0o777).toBe(0o600)
})

test('a damaged key is not replaced', async () => {
  await using folder = await createFolder()
  await writeFile(join(folder.path, 'secret-key'), 'damaged')
  await expect(ensureSecretKeyFile(folder.path)).rejects.toThrow('Restore it from a backup')
})
