import type { HttpStreamMessage, JsonValue } from '@tripline/core'
import { ScriptError, wrongType } from './script-error.ts'
import { isObject, toBytes } from './stream-arguments.ts'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'OPTIONS', 'CONNECT', 'PATCH'] as const

/** Headers that only the connection or the target may set: credentials are the target's. */
const restricted = new Set([
  'connection',
  'authorization',
  'proxy-connection',
  'content-length',
  'x-forwarded-for',
  'transfer-encoding',
])

const DEEPEST_CONTEXT = 64

/** The request that a script makes. */
export function httpMessage(method: JsonValue, given: JsonValue): HttpStreamMessage {
  const known = methods.find((name) => typeof method === 'string' && name === method.toUpperCase())
  if (known === undefined) throw wrongType(`The method has to be one of ${methods.join(', ')}.`)
  if (!isObject(given)) throw wrongType('A request needs an object with its path.')
  const { path, headers = null, payload = null, enableResponseEvent = null, context = null } = given
  if (typeof path !== 'string') throw wrongType('The path of a request has to be a string.')
  // oxlint-disable-next-line no-control-regex -- These are what ends a request line.
  if (/[\0-\x20\x7f]/u.test(path))
    throw wrongType('The path of a request must hold no spaces and no control characters; encode them.')
  const body = payload === null ? null : toBytes(payload)
  if (payload !== null && body === null)
    throw wrongType('The payload of a request has to be a string or a Buffer; use JSON.stringify.')
  if (enableResponseEvent !== null && typeof enableResponseEvent !== 'boolean')
    throw wrongType('enableResponseEvent has to be true or false.')
  if (depthOf(context) > DEEPEST_CONTEXT)
    throw new ScriptError('RangeError', `The context is nested more than ${DEEPEST_CONTEXT} levels deep.`)
  return {
    kind: 'http',
    method: known,
    path: path.startsWith('/') ? path : `/${path}`,
    headers: checkedHeaders(headers),
    payload: body === null ? null : body.toString('base64'),
    reply: enableResponseEvent === true ? { context } : null,
  }
}

function checkedHeaders(headers: JsonValue): Readonly<Record<string, string>> {
  if (headers === null) return {}
  if (!isObject(headers)) throw wrongType('The headers of a request have to be an object.')
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      if (restricted.has(name.toLowerCase())) {
        throw new ScriptError(
          'Error',
          `The header ${name} is restricted; the target sets it, not the script.`,
        )
      }
      if (!/^[!#$%&'*+.^_`|~\w-]+$/u.test(name))
        throw wrongType(`${JSON.stringify(name)} cannot be a header.`)
      if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
        throw wrongType(`The header ${name} has to be a string.`)
      // oxlint-disable-next-line no-control-regex -- These would begin another header.
      if (/[\0-\x08\x0a-\x1f\x7f]|[^\0-\xff]/u.test(String(value)))
        throw wrongType(`The header ${name} holds a character that no header can.`)
      return [name, String(value)]
    }),
  )
}

/** Not recursive, because the value may be as deep as memory allows. */
function depthOf(value: JsonValue): number {
  let level: readonly JsonValue[] = [value]
  let depth = 0
  while (level.length > 0 && depth <= DEEPEST_CONTEXT) {
    level = level.flatMap((each) =>
      typeof each === 'object' && each !== null ? (Object.values(each) as JsonValue[]) : [],
    )
    depth += 1
  }
  return depth
}
