import type { SimulatorRequest } from '@tripline/adapter-testkit/simulator'
import { jiraError } from './jira-error.ts'

export type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The body as JSON, refused as Jira refuses it. */
export function jsonBody(request: SimulatorRequest): unknown {
  const type = request.headers['content-type'] ?? ''
  if (!type.startsWith('application/json')) throw jiraError(415, 'Unsupported Media Type')
  try {
    return JSON.parse(request.rawBody.toString('utf8'))
  } catch {
    throw jiraError(400, 'There was an error parsing JSON. Check that your request body is valid.')
  }
}

export function objectBody(request: SimulatorRequest): JsonObject {
  const body = jsonBody(request)
  if (!isObject(body)) throw invalidPayload()
  return body
}

/** What Jira says when a value has the wrong type outside of an issue's fields. */
export function invalidPayload(): Error {
  return jiraError(400, 'Invalid request payload. Refer to the REST API documentation and try again.')
}
