import { createHash } from 'node:crypto'
import type { JsonValue } from '@tripline/core'
import { wrongType } from './script-error.ts'
import { toBytes } from './stream-arguments.ts'

const encodings: Readonly<Record<string, BufferEncoding>> = {
  utf8: 'utf8',
  'utf-8': 'utf8',
  utf16: 'utf16le',
  'utf-16': 'utf16le',
  utf16le: 'utf16le',
  ucs2: 'utf16le',
  'ucs-2': 'utf16le',
  ascii: 'latin1',
  latin1: 'latin1',
  binary: 'latin1',
  base64: 'base64',
  hex: 'hex',
}

const hashes = ['md5', 'sha1', 'sha256', 'sha512'] as const

/** The bytes of a text in a format, as one character each. */
export function encode(text: JsonValue, format: JsonValue): string {
  if (typeof text !== 'string') throw wrongType('A Buffer is made from a string.')
  return Buffer.from(text, encodingOf(format)).toString('latin1')
}

/** The text in a format of bytes that are one character each. */
export function decode(bytes: JsonValue, format: JsonValue): string {
  if (typeof bytes !== 'string') throw wrongType('These are no bytes.')
  return Buffer.from(bytes, 'latin1').toString(encodingOf(format))
}

/** A hash of a string or of bytes, in hexadecimal digits. */
export function hashOf(name: JsonValue, value: JsonValue): string {
  const algorithm = hashes.find((known) => known === name)
  const bytes = toBytes(value)
  if (algorithm === undefined || bytes === null) throw wrongType('A hash is made of a string or a Buffer.')
  return createHash(algorithm).update(bytes).digest('hex')
}

function encodingOf(format: JsonValue): BufferEncoding {
  const name = format ?? 'utf8'
  const encoding = typeof name === 'string' ? encodings[name.toLowerCase()] : undefined
  if (encoding === undefined)
    throw wrongType(`There is no such format; there are ${Object.keys(encodings).join(', ')}.`)
  return encoding
}
