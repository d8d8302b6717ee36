import type { RestAnswer } from './rest-route.ts'

/** 200 with a value. */
export function okAnswer(value: unknown): RestAnswer {
  return { status: 200, body: JSON.stringify(value) }
}

/** 204: done, and nothing to say. */
export const noContent: RestAnswer = { status: 204 }

/** 201 with the path of what was made. */
export function createdAnswer(location: string): RestAnswer {
  return { status: 201, headers: { location } }
}
