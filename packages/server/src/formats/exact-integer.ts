declare global {
  interface JSON {
    /** A value that is written as exactly this text (https://github.com/tc39/proposal-json-parse-with-source). */
    rawJSON(text: string): object
  }
}

/** Digits as what JSON writes as a number with all of them, also beyond what a JavaScript number holds; other texts as they are. */
export function exactInteger(digits: string): number | string | object {
  if (!/^(?:0|[1-9]\d{0,18})$/u.test(digits)) return digits
  const number = Number(digits)
  return Number.isSafeInteger(number) ? number : JSON.rawJSON(digits)
}
