import type { IncomingMessage } from 'node:http'
import { HttpError } from '../http/http-error.ts'
import { readBody } from '../http/request-body.ts'

/**
 * The object in a request's body. Whatever the content type says, it is read as JSON: clients send it without one, or with
 * that of a form. No body counts as an empty object.
 *
 * @throws HttpError 400, 413
 */
export async function readJsonObject(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Readonly<Record<string, unknown>>> {
  const bytes = await readBody(request, maxBytes)
  const value = bytes.length === 0 ? {} : parse(bytes)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw invalidJson('The body of the request has to be a JSON object.')
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw invalidJson('The body of the request is not JSON in UTF-8.', error)
  }
}

function invalidJson(message: string, cause?: unknown): HttpError {
  return new HttpError(400, 'INVALID_JSON', message, { cause })
}
