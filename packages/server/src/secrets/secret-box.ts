import { InvalidSettings } from '@tripline/core'
import type { SecretBox } from '../tracking/adapters.ts'
import { openSecret, sealSecret } from './sealed-secret.ts'
import { isReference, readReference, referenceProblem, type ReferenceSources } from './secret-reference.ts'

/** What secrets are kept with. */
export interface SecretBoxOptions extends ReferenceSources {
  /** Seals and opens; `null`: there is none, so that only references can be stored. */
  readonly key: Buffer | null
  /** Open only. */
  readonly previousKeys: readonly Buffer[]
}

/**
 * Keeps secrets: a text is sealed, a reference (`env:NAME`, `file:PATH`) is stored as it is and read anew each time.
 *
 * `seal` throws InvalidSettings when there is no key or a reference is of the wrong form; `open` throws
 * SecretUnavailable.
 */
export function createSecretBox(options: SecretBoxOptions): SecretBox {
  const { key, previousKeys } = options
  const keys = key === null ? previousKeys : [key, ...previousKeys]
  return {
    seal(secret, context) {
      if (isReference(secret)) {
        const problem = referenceProblem(secret)
        if (problem !== null) throw invalid(context, problem)
        return secret
      }
      if (key === null) {
        throw invalid(
          context,
          'there is no key to keep secrets with: set TRIPLINE_SECRET_KEY (openssl rand -hex 32), or enter a reference such as env:JIRA_TOKEN',
        )
      }
      return sealSecret(secret, context, key)
    },
    open(stored, context) {
      return isReference(stored) ? readReference(stored, options) : openSecret(stored, context, keys)
    },
  }
}

function invalid(context: string, message: string): InvalidSettings {
  const field = context.slice(context.lastIndexOf(':') + 1)
  return new InvalidSettings(`The secret ${field} cannot be stored: ${message}.`, [{ path: field, message }])
}
