/** A text as a string literal of SOQL. */
export function quoted(value: string): string {
  const escaped = value.replaceAll(/[\\'"\n\r\t\b\f]/gu, (character) => ESCAPES[character] ?? character)
  return `'${escaped}'`
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': String.raw`\\`,
  "'": String.raw`\'`,
  '"': String.raw`\"`,
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
  '\b': String.raw`\b`,
  '\f': String.raw`\f`,
}

/** An instant as a literal of SOQL, down to the second before it: Salesforce keeps no fractions. */
export function instant(value: Date): string {
  return `${value.toISOString().slice(0, 19)}Z`
}
