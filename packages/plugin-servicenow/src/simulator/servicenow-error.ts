import { AnswerNow, jsonAnswer, type SimulatorAnswer } from '@tripline/adapter-testkit/simulator'

export function errorAnswer(status: number, message: string, detail: string | null): SimulatorAnswer {
  return jsonAnswer(status, { error: { message, detail }, status: 'failure' })
}

/** Ends the request with ServiceNow's error. */
export function serviceNowError(status: number, message: string, detail: string | null): AnswerNow {
  return new AnswerNow(errorAnswer(status, message, detail))
}

/** What ServiceNow says of a record that is not there, and of one that is not for us, alike. */
export function noRecord(): AnswerNow {
  return serviceNowError(404, 'No Record found', "Record doesn't exist or ACL restricts the record retrieval")
}
