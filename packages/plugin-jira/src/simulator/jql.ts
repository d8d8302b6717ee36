import { jiraError } from './jira-error.ts'
import { readTokens, type JqlToken } from './jql-tokens.ts'

const JQL_OPERATORS = ['=', '!=', '~', '>=', '<=', '>', '<', 'in', 'not in'] as const
export type JqlOperator = (typeof JQL_OPERATORS)[number]

export interface JqlClause {
  /** In lower case. */
  readonly field: string
  readonly operator: JqlOperator
  readonly values: readonly string[]
}

export interface JqlOrder {
  readonly field: 'created' | 'updated' | 'key'
  readonly descending: boolean
}

/** Clauses joined by AND, and an order. The subset that the simulator understands. */
export interface JqlQuery {
  readonly clauses: readonly JqlClause[]
  readonly order: readonly JqlOrder[]
}

/** @throws AnswerNow 400 in Jira's words for what is wrong, and for what is right but beyond the subset. */
export function parseJql(text: string): JqlQuery {
  const reader = tokenReader(readTokens(text))
  const clauses: JqlClause[] = []
  while (!reader.atEnd() && !reader.peekWord('order')) {
    if (clauses.length > 0 && !reader.takeWord('and')) throw reader.unexpected("either 'OR' or 'AND'")
    clauses.push(readClause(reader))
  }
  const order = reader.takeWord('order') ? readOrder(reader) : []
  if (!reader.atEnd()) throw reader.unexpected('the end of the query')
  return { clauses, order }
}

interface TokenReader {
  atEnd(): boolean
  next(expected: string): JqlToken
  peekWord(word: string): boolean
  takeWord(word: string): boolean
  takeSymbol(symbol: string): boolean
  unexpected(expected: string): Error
}

function tokenReader(tokens: readonly JqlToken[]): TokenReader {
  let position = 0
  const isWord = (token: JqlToken | undefined, word: string): boolean =>
    token?.kind === 'word' && token.text.toLowerCase() === word
  function unexpected(expected: string): Error {
    const token = tokens[position]
    if (token === undefined) {
      return jiraError(400, `Error in the JQL Query: Expecting ${expected} before the end of the query.`)
    }
    return jiraError(
      400,
      `Error in the JQL Query: Expecting ${expected} but got '${token.text}'. (line 1, character ${token.at + 1})`,
    )
  }
  return {
    atEnd: () => position >= tokens.length,
    next(expected) {
      const token = tokens[position]
      if (token === undefined) throw unexpected(expected)
      position += 1
      return token
    },
    peekWord: (word) => isWord(tokens[position], word),
    takeWord(word) {
      if (!isWord(tokens[position], word)) return false
      position += 1
      return true
    },
    takeSymbol(symbol) {
      const token = tokens[position]
      if (token?.kind !== 'symbol' || token.text !== symbol) return false
      position += 1
      return true
    },
    unexpected,
  }
}

function readClause(reader: TokenReader): JqlClause {
  if (reader.peekWord('not')) throw reader.unexpected('a field name (the simulator knows no NOT)')
  const field = reader.next('a field name')
  if (field.kind === 'symbol')
    throw jiraError(
      400,
      `Error in the JQL Query: The character '${field.text}' is a reserved JQL character here, or beyond what the simulator understands.`,
    )
  const operator = readOperator(reader)
  const list = operator === 'in' || operator === 'not in'
  return { field: field.text.toLowerCase(), operator, values: list ? readList(reader) : [readValue(reader)] }
}

function readOperator(reader: TokenReader): JqlOperator {
  if (reader.takeWord('not')) {
    if (reader.takeWord('in')) return 'not in'
    throw reader.unexpected("'IN'")
  }
  if (reader.takeWord('in')) return 'in'
  const found = JQL_OPERATORS.find((operator) => reader.takeSymbol(operator))
  if (found === undefined) throw reader.unexpected('operator')
  return found
}

function readList(reader: TokenReader): string[] {
  if (!reader.takeSymbol('(')) throw reader.unexpected("'('")
  const values = [readValue(reader)]
  while (reader.takeSymbol(',')) values.push(readValue(reader))
  if (!reader.takeSymbol(')')) throw reader.unexpected("')' or ','")
  return values
}

function readValue(reader: TokenReader): string {
  const token = reader.next('a value')
  if (token.kind === 'symbol')
    throw jiraError(
      400,
      `Error in the JQL Query: Expecting a value but got '${token.text}'. (line 1, character ${token.at + 1})`,
    )
  return token.text
}

function readOrder(reader: TokenReader): JqlOrder[] {
  if (!reader.takeWord('by')) throw reader.unexpected("'BY'")
  const order: JqlOrder[] = []
  do {
    const { text } = reader.next('a field name')
    const field = text.toLowerCase()
    if (field !== 'created' && field !== 'updated' && field !== 'key') {
      throw jiraError(400, `Not able to sort using field '${text}'.`)
    }
    const descending = reader.takeWord('desc')
    if (!descending) reader.takeWord('asc')
    order.push({ field, descending })
  } while (reader.takeSymbol(','))
  return order
}
