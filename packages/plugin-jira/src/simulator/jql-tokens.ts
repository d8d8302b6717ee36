import { jiraError } from './jira-error.ts'

export interface JqlToken {
  readonly kind: 'word' | 'text' | 'symbol'
  readonly text: string
  /** Where it starts, from 0. */
  readonly at: number
}

const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(>=|<=|!=|[=~<>(),])|([^\s"'=~<>!(),]+))/y

/** @throws AnswerNow 400 */
export function readTokens(jql: string): JqlToken[] {
  const tokens: JqlToken[] = []
  const text = jql.trimEnd()
  const pattern = new RegExp(TOKEN)
  while (pattern.lastIndex < text.length) {
    const start = pattern.lastIndex
    const match = pattern.exec(text)
    if (match === null) {
      throw jiraError(
        400,
        `Error in the JQL Query: The quoted string or character at ${start + 1} is not complete or not allowed.`,
      )
    }
    const [, quoted, symbol, word] = match
    const at = pattern.lastIndex - (quoted ?? symbol ?? word ?? '').length
    if (quoted !== undefined)
      tokens.push({ kind: 'text', text: quoted.slice(1, -1).replaceAll(/\\(.)/g, '$1'), at })
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol, at })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word, at })
  }
  return tokens
}
