/** What a simulator answers. The body is text as it goes over the wire. */
export interface SimulatorAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export function jsonAnswer(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): SimulatorAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json;charset=UTF-8', ...headers },
    body: JSON.stringify(value),
  }
}

export function htmlAnswer(status: number, body: string): SimulatorAnswer {
  return { status, headers: { 'content-type': 'text/html;charset=UTF-8' }, body }
}

export function emptyAnswer(status: number, headers: Readonly<Record<string, string>> = {}): SimulatorAnswer {
  return { status, headers, body: '' }
}

/** Sends a browser on, after a form was posted. */
export function seeOther(location: string): SimulatorAnswer {
  return emptyAnswer(303, { location })
}

/** Thrown anywhere below a handler to answer at once. */
export class AnswerNow extends Error {
  override readonly name = 'AnswerNow'
  readonly answer: SimulatorAnswer

  constructor(answer: SimulatorAnswer) {
    super(`answered ${answer.status}: ${answer.body.slice(0, 500)}`)
    this.answer = answer
  }
}
