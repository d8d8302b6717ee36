import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { SecretUnavailable } from './secret-unavailable.ts'

const VERSION = 'v1'
const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Encrypts a text: `v1:<key id>:<nonce>:<ciphertext and tag>`. It opens only with the same context, so that stored
 * secrets cannot be exchanged for one another.
 */
export function sealSecret(text: string, context: string, key: Buffer): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(context))
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return [VERSION, keyId(key), nonce.toString('base64url'), sealed.toString('base64url')].join(':')
}

/** @throws SecretUnavailable when no key fits, or the secret was changed or belongs elsewhere */
export function openSecret(sealed: string, context: string, keys: readonly Buffer[]): string {
  const [version, id, nonce, rest, ...more] = sealed.split(':')
  if (version !== VERSION || nonce === undefined || rest === undefined || more.length > 0) {
    throw new SecretUnavailable(`The secret ${context} is not stored in a form that this version knows.`)
  }
  const key = keys.find((each) => keyId(each) === id)
  if (key === undefined) {
    throw new SecretUnavailable(
      `The secret ${context} was sealed with another key (${id}). Set TRIPLINE_SECRET_KEY or ` +
        'TRIPLINE_PREVIOUS_SECRET_KEYS to that key, or enter the secret again.',
    )
  }
  const bytes = Buffer.from(rest, 'base64url')
  const end = Math.max(0, bytes.length - TAG_BYTES)
  try {
    const decipher = createDecipheriv(CIPHER, key, Buffer.from(nonce, 'base64url'), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(end))
    return Buffer.concat([decipher.update(bytes.subarray(0, end)), decipher.final()]).toString('utf8')
  } catch (error) {
    throw new SecretUnavailable(
      `The secret ${context} was changed in the database, or belongs to another connection. Enter it again.`,
      { cause: error },
    )
  }
}

/** Recognises a key without telling anything of it. */
function keyId(key: Buffer): string {
  return createHash('sha256').update('tripline secret key id').update(key).digest('hex').slice(0, 12)
}
