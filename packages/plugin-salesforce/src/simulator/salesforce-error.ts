import { AnswerNow, jsonAnswer } from '@tripline/adapter-testkit/simulator'

/** Ends the request with Salesforce's list of errors. */
export function salesforceError(
  status: number,
  errorCode: string,
  message: string,
  fields: readonly string[] = [],
): AnswerNow {
  return new AnswerNow(errorAnswer(status, errorCode, message, fields))
}

export function errorAnswer(
  status: number,
  errorCode: string,
  message: string,
  fields: readonly string[] = [],
): ReturnType<typeof jsonAnswer> {
  return jsonAnswer(status, [{ message, errorCode, ...(fields.length === 0 ? {} : { fields }) }])
}

/** What Salesforce says of a record, an object and an API version that are not there alike. */
export function notFound(message = 'The requested resource does not exist'): AnswerNow {
  return salesforceError(404, 'NOT_FOUND', message)
}
