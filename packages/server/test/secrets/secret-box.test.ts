import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { InvalidSettings } from '@tripline/core'
import { createSecretBox, type SecretBoxOptions } from '../../src/secrets/secret-box.ts'
import { SecretUnavailable } from '../../src/secrets/secret-unavailable.ts'

const key = Buffer.alloc(32, 1)
const context = 'connection:1:apiToken'

function boxWith(options: Partial<SecretBoxOptions>) {
  return createSecretBox({ key, previousKeys: [], directories: [], env: {}, ...options })
}

async function createFolder() {
  const path = await mkdtemp(join(tmpdir(), 'tripline-secrets-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

describe('a sealed secret', () => {
  test('opens to what was sealed, and shows nothing of it', () => {
    const box = boxWith({})
    const sealed = box.seal('grüße', context)
    expect(sealed).toMatch(/^v1:[0-9a-f]{12}:[\w-]{16}:[\w-]+$/u)
    expect(box.open(sealed, context)).toBe('grüße')
  })

  test('is different each time', () => {
    const box = boxWith({})
    expect(box.seal('same', context)).not.toBe(box.seal('same', context))
  })

  test('does not open in another place', () => {
    const box = boxWith({})
    const sealed = box.seal('token', context)
    expect(() => box.open(sealed, 'connection:2:apiToken')).toThrow(SecretUnavailable)
  })

  test('does not open when a byte was changed', () => {
    const box = boxWith({})
    const parts = box.seal('token', context).split(':')
    const bytes = Buffer.from(parts[3] ?? '', 'base64url')
    bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0)
    const changed = [...parts.slice(0, 3), bytes.toString('base64url')].join(':')
    expect(() => box.open(changed, context)).toThrow('was changed in the database')
  })

  test('opens with a previous key, and not with a foreign one', () => {
    const sealed = boxWith({}).seal('token', context)
    const newKey = Buffer.alloc(32, 2)
    expect(boxWith({ key: newKey, previousKeys: [key] }).open(sealed, context)).toBe('token')
    expect(() => boxWith({ key: newKey }).open(sealed, context)).toThrow('TRIPLINE_PREVIOUS_SECRET_KEYS')
  })

  test('cannot be made without a key', () => {
    expect(() => boxWith({ key: null }).seal('token', context)).toThrow(InvalidSettings)
    expect(() => boxWith({ key: null }).seal('token', context)).toThrow('set TRIPLINE_SECRET_KEY')
  })
})

describe('a reference', () => {
  test('to a variable is stored as it is and read when it is used', () => {
    const env: Record<string, string> = { JIRA_TOKEN: 'first' }
    const box = boxWith({ key: null, env })
    const stored = box.seal('env:JIRA_TOKEN', context)
    expect(stored).toBe('env:JIRA_TOKEN')
    env['JIRA_TOKEN'] = 'second'
    expect(box.open(stored, context)).toBe('second')
  })

  test("to one of the gateway's own variables is refused", () => {
    const env = { TRIPLINE_SECRET_KEY: 'x', DATABASE_URL: 'x', PGPASSWORD: 'x' }
    for (const name of Object.keys(env)) {
      expect(() => boxWith({ env }).seal(`env:${name}`, context)).toThrow(InvalidSettings)
      expect(() => boxWith({ env }).open(`env:${name}`, context)).toThrow(SecretUnavailable)
    }
  })

  test('to a variable that is not set says which', () => {
    expect(() => boxWith({}).open('env:JIRA_TOKEN', context)).toThrow('JIRA_TOKEN')
  })

  test('to a file is read without its last line break', async () => {
    await using folder = await createFolder()
    await writeFile(join(folder.path, 'token'), 'from a file\n')
    const box = boxWith({ directories: [folder.path] })
    expect(box.open(`file:${join(folder.path, 'token')}`, context)).toBe('from a file')
  })

  test('to a file elsewhere is refused, through a link too', async () => {
    await using folder = await createFolder()
    const secrets = join(folder.path, 'secrets')
    await mkdir(secrets)
    await writeFile(join(folder.path, 'other'), 'not for you')
    await symlink(join(folder.path, 'other'), join(secrets, 'link'))
    const box = boxWith({ directories: [secrets] })
    for (const path of ['other', 'secrets/../other', 'secrets/link']) {
      expect(() => box.open(`file:${folder.path}/${path}`, context)).toThrow('TRIPLINE_SECRET_DIRS')
    }
  })

  test('to a file that is not there says so', async () => {
    await using folder = await createFolder()
    const box = boxWith({ directories: [folder.path] })
    expect(() => box.open(`file:${folder.path}/none`, context)).toThrow('ENOENT')
  })
})
