import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { lockDataDirectory } from '../../../src/database/embedded/data-directory-lock.ts'
import { findProcess } from '../../../src/database/embedded/process-identity.ts'
import { createFolder } from './data-folder.ts'

async function writeOwner(directory: string, owner: object | string): Promise<void> {
  const content = typeof owner === 'string' ? owner : JSON.stringify(owner)
  await writeFile(join(directory, 'owner.7.json'), content)
}

it('is held by one only, and free again once released', async () => {
  await using folder = await createFolder()
  const lock = await lockDataDirectory(folder.path)
  await expect(lockDataDirectory(folder.path)).rejects.toMatchObject({
    code: 'DATA_DIRECTORY_IN_USE',
    message: expect.stringContaining(`${folder.path} is in use by process ${process.pid}`),
  })
  await lock.release()
  await (await lockDataDirectory(folder.path)).release()
  expect(await readdir(folder.path)).toEqual(['owner.2.json'])
})

it('goes to exactly one of many who find the owner dead at the same time', async () => {
  await using folder = await createFolder()
  await writeOwner(folder.path, { pid: process.pid, startedAt: 'before the last boot', released: false })
  const claims = await Promise.allSettled(Array.from({ length: 25 }, () => lockDataDirectory(folder.path)))
  expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(await readdir(folder.path)).toEqual(['owner.8.json'])
})

it('is not taken from a living process', async () => {
  await using folder = await createFolder()
  const parent = await findProcess(process.ppid)
  await writeOwner(folder.path, { ...parent, released: false })
  await expect(lockDataDirectory(folder.path)).rejects.toMatchObject({
    message: expect.stringContaining(`in use by process ${process.ppid}`),
  })
})

it('is taken over a record that was never completed', async () => {
  await using folder = await createFolder()
  await writeOwner(folder.path, '{"pid": 1')
  await (await lockDataDirectory(folder.path)).release()
  expect(await readdir(folder.path)).toEqual(['owner.8.json'])
})
