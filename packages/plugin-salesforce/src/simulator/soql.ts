import { salesforceError } from './salesforce-error.ts'

/** One comparison, or several joined. */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | {
      readonly kind: 'compare'
      readonly field: string
      readonly operator: Operator
      readonly values: readonly Literal[]
    }

const OPERATORS = ['=', '!=', '<', '<=', '>', '>=', 'IN'] as const
export type Operator = (typeof OPERATORS)[number]

export type Literal =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'instant'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null'; readonly value: null }

/** A query of the kind that integrations ask: one object, fields of it and of the records it refers to. */
export interface SoqlQuery {
  readonly fields: readonly string[]
  readonly object: string
  readonly where: Condition | null
  readonly orderBy: readonly { readonly field: string; readonly descending: boolean }[]
  readonly limit: number | null
}

const TOKEN =
  /\s*(?:(?<text>'(?:\\.|[^'\\])*')|(?<instant>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))|(?<number>-?\d+(?:\.\d+)?)|(?<word>[A-Za-z_][\w.]*)|(?<sign><=|>=|!=|[=<>(),]))/uy

interface Token {
  readonly kind: 'text' | 'instant' | 'number' | 'word' | 'sign' | 'end'
  readonly value: string
}

/** @throws AnswerNow MALFORMED_QUERY for what is no SOQL, or none that is simulated */
export function parseSoql(soql: string): SoqlQuery {
  const tokens = tokensOf(soql)
  let position = 0
  const peek = (): Token => tokens[position] ?? { kind: 'end', value: '' }
  const take = (): Token => {
    const token = peek()
    position += 1
    return token
  }
  const isWord = (word: string): boolean => peek().kind === 'word' && peek().value.toUpperCase() === word
  const accept = (word: string): boolean => {
    const found = isWord(word) || (peek().kind === 'sign' && peek().value === word)
    if (found) position += 1
    return found
  }
  const expect = (word: string): void => {
    if (!accept(word)) throw malformed(`expecting ${word}, found '${peek().value}'`)
  }
  const name = (): string => {
    const token = take()
    if (token.kind !== 'word') throw malformed(`unexpected token: '${token.value}'`)
    return token.value
  }
  const list = <Item>(item: () => Item): readonly Item[] => {
    const items = [item()]
    while (accept(',')) items.push(item())
    return items
  }

  function disjunction(): Condition {
    const parts = [conjunction()]
    while (accept('OR')) parts.push(conjunction())
    return joined('or', parts)
  }
  function conjunction(): Condition {
    const parts = [comparison()]
    while (accept('AND')) parts.push(comparison())
    // Salesforce wants to be told by brackets which comes first.
    if (parts.length > 1 && isWord('OR')) throw malformed("unexpected token: 'OR'")
    return joined('and', parts)
  }
  function comparison(): Condition {
    if (accept('(')) {
      const inner = disjunction()
      expect(')')
      return inner
    }
    const field = name()
    const sign = take().value.toUpperCase()
    const operator = OPERATORS.find((known) => known === sign)
    if (operator === undefined) throw malformed(`unknown operator '${sign}'`)
    if (operator !== 'IN') return { kind: 'compare', field, operator, values: [literal()] }
    expect('(')
    const values = list(literal)
    expect(')')
    return { kind: 'compare', field, operator, values }
  }
  function literal(): Literal {
    const { kind, value } = take()
    switch (kind) {
      case 'text':
        return { kind, value: unescaped(value.slice(1, -1)) }
      case 'number':
        return { kind, value: Number(value) }
      case 'instant':
        return { kind, value: Date.parse(value) }
      case 'word':
        if (/^(?:true|false)$/iu.test(value))
          return { kind: 'boolean', value: value.toLowerCase() === 'true' }
        if (/^null$/iu.test(value)) return { kind: 'null', value: null }
        break
      case 'sign':
      case 'end':
    }
    throw malformed(`unexpected token: '${value}'`)
  }

  expect('SELECT')
  const fields = list(name)
  expect('FROM')
  const object = name()
  const where = accept('WHERE') ? disjunction() : null
  let orderBy: SoqlQuery['orderBy'] = []
  if (accept('ORDER')) {
    expect('BY')
    orderBy = list(() => {
      const field = name()
      const descending = accept('DESC')
      if (!descending) accept('ASC')
      return { field, descending }
    })
  }
  let limit: number | null = null
  if (accept('LIMIT')) {
    const token = take()
    if (token.kind !== 'number') throw malformed(`unexpected token: '${token.value}'`)
    limit = Number(token.value)
  }
  if (peek().kind !== 'end') throw malformed(`unexpected token: '${peek().value}'`)
  return { fields, object, where, orderBy, limit }
}

function joined(kind: 'and' | 'or', parts: readonly Condition[]): Condition {
  const [only, ...others] = parts
  return only !== undefined && others.length === 0 ? only : { kind, parts }
}

function tokensOf(soql: string): readonly Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (soql.slice(TOKEN.lastIndex).trim() !== '') {
    const at = TOKEN.lastIndex
    const groups = TOKEN.exec(soql)?.groups
    if (groups === undefined) throw malformed(`unexpected token near '${soql.slice(at, at + 20)}'`)
    for (const kind of ['text', 'instant', 'number', 'word', 'sign'] as const) {
      const value = groups[kind]
      if (value !== undefined) tokens.push({ kind, value })
    }
  }
  return tokens
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/gsu, (_, character: string) => ESCAPED[character] ?? character)
}

const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

const malformed = (message: string): Error => salesforceError(400, 'MALFORMED_QUERY', message)
