import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, relative } from 'node:path'
import { SecretUnavailable } from './secret-unavailable.ts'

/** What secrets can refer to. */
export interface ReferenceSources {
  readonly env: Readonly<Record<string, string | undefined>>
  /** `file:` references must point below one of these. */
  readonly directories: readonly string[]
}

// Whoever may configure a connection chooses where its secrets are sent, and must not get the gateway's own that way.
const OWN_VARIABLE = /^(TRIPLINE_|DATABASE_URL$|PG)/u
const MAX_FILE_BYTES = 65_536

/** Whether a text is a reference, `env:NAME` or `file:PATH`, rather than a secret itself. */
export function isReference(text: string): boolean {
  return /^(env|file):/u.test(text)
}

/** What is wrong with a reference, whatever it points to; `null`: nothing. */
export function referenceProblem(reference: string): string | null {
  const target = reference.slice(reference.indexOf(':') + 1)
  if (reference.startsWith('file:')) {
    return isAbsolute(target) ? null : 'file: has to be followed by an absolute path'
  }
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/u.test(target)) return 'env: has to be followed by the name of a variable'
  return OWN_VARIABLE.test(target)
    ? `${target} is a setting of the gateway itself and cannot be referred to`
    : null
}

/** @throws SecretUnavailable when it points to nothing, or to what must not be read */
export function readReference(reference: string, sources: ReferenceSources): string {
  const problem = referenceProblem(reference)
  if (problem !== null) throw new SecretUnavailable(`The secret ${reference} cannot be read: ${problem}.`)
  const target = reference.slice(reference.indexOf(':') + 1)
  if (reference.startsWith('file:')) return readSecretFile(target, sources.directories)
  const value = sources.env[target]
  if (value === undefined || value === '') {
    throw new SecretUnavailable(`The environment variable ${target}, which holds a secret, is not set.`)
  }
  return value
}

function readSecretFile(path: string, directories: readonly string[]): string {
  try {
    const file = realpathSync(path)
    if (!directories.some((directory) => isBelow(directory, file))) {
      throw new SecretUnavailable(
        `The secret file ${path} is not below ${directories.join(' or ')}; TRIPLINE_SECRET_DIRS says where secrets may lie.`,
      )
    }
    if (statSync(file).size > MAX_FILE_BYTES) {
      throw new SecretUnavailable(`The secret file ${path} is larger than ${MAX_FILE_BYTES} bytes.`)
    }
    // Editors end files with a line break, which is no part of a secret.
    return readFileSync(file, 'utf8').replace(/\r?\n$/u, '')
  } catch (error) {
    if (error instanceof SecretUnavailable) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new SecretUnavailable(`The secret file ${path} cannot be read (${code}).`, { cause: error })
  }
}

function isBelow(directory: string, file: string): boolean {
  if (!existsSync(directory)) return false
  const path = relative(realpathSync(directory), file)
  return path !== '' && !path.startsWith('..') && !isAbsolute(path)
}
