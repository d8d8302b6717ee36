import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import type { Exchange } from './exchange.ts'
import { operationFinder, type DocumentedOperation, type SchemaPointer } from './openapi-document.ts'

/** Where traffic leaves what an OpenAPI document allows. */
export interface Violation {
  readonly method: string
  readonly path: string
  readonly where: 'query' | 'request body' | 'answer'
  /** Of the answer. */
  readonly status: number | null
  /** A JSON pointer into what `where` names; empty for the whole. */
  readonly pointer: string
  readonly message: string
}

/** Checks one exchange. What the document says nothing about is counted, not refused. */
export interface OpenApiCheck {
  (exchange: Exchange): Violation[]
  readonly counts: {
    readonly requests: number
    readonly answers: number
    /** How often each method and path was used that the document lacks. */
    readonly outside: ReadonlyMap<string, number>
    /** How often an operation answered a status that the document does not declare for it. */
    readonly undeclared: ReadonlyMap<string, number>
    /** Names of the operations that were used. */
    readonly operations: ReadonlySet<string>
  }
}

const AJV_OPTIONS: Options = {
  strict: false,
  allErrors: true,
  validateSchema: false,
  // A change's `toString` is a field of its own, not the one every object inherits.
  ownProperties: true,
}
const DOCUMENT = 'document'

/**
 * A check of requests and answers against an OpenAPI 3.0 document, to be given to `onExchange`. Each operation's schemas are compiled at
 * their first use. A request that was answered with an error is counted but not checked: it may have been wrong on purpose.
 */
export function openApiValidator(document: object): OpenApiCheck {
  const findOperation = operationFinder(document)
  const bodies = schemaCompiler(document, AJV_OPTIONS)
  // A query holds nothing but text, and a list of one looks like a single value.
  const queries = schemaCompiler(document, { ...AJV_OPTIONS, coerceTypes: 'array' })
  const operations = new Set<string>()
  const outside = new Map<string, number>()
  const undeclared = new Map<string, number>()
  const counts = { requests: 0, answers: 0, outside, undeclared, operations }

  function requestErrors(exchange: Exchange, operation: DocumentedOperation): Found[] {
    const query = queries.compile(`query of ${operation.name}`, querySchema(operation))
    const found = errorsOf(query, queryValues(exchange.request.query), 'query')
    if (operation.requestBody === null || exchange.request.body === '') return found
    const body = parsed(exchange.request.body)
    if (body === NOT_JSON) return [...found, { where: 'request body', pointer: '', message: 'must be JSON' }]
    return [...found, ...errorsOf(bodies.at(operation.requestBody), body, 'request body')]
  }

  function answerErrors(exchange: Exchange, operation: DocumentedOperation): Found[] {
    if (exchange.answer === null) return []
    const { status, body: text } = exchange.answer
    const schema = operation.answers.get(String(status)) ?? operation.answers.get('default')
    if (schema === undefined && !operation.answers.has(String(status))) {
      count(undeclared, `${status} from ${operation.name}`)
      // Errors come from gateways and limits that documents leave out; a success does not.
      return status < 400
        ? [{ where: 'answer', pointer: '', message: `status ${status} is not declared` }]
        : []
    }
    counts.answers += 1
    if (schema === undefined || schema === null) return []
    const validate = bodies.at(schema)
    const body = parsed(text)
    if (body !== NOT_JSON) return errorsOf(validate, body, 'answer')
    // An empty schema stands for "no particular body", and none is what is often sent.
    return text === '' && validate(undefined)
      ? []
      : [{ where: 'answer', pointer: '', message: 'must be JSON' }]
  }

  function check(exchange: Exchange): Violation[] {
    const { method, path } = exchange.request
    const operation = findOperation(method, path)
    if (operation === null) {
      count(outside, `${method} ${path}`)
      return []
    }
    operations.add(operation.name)
    counts.requests += 1
    const status = exchange.answer?.status ?? null
    const wrongOnPurpose = status !== null && status >= 400
    const found = [
      ...(wrongOnPurpose ? [] : requestErrors(exchange, operation)),
      ...answerErrors(exchange, operation),
    ]
    return found.map((error) => ({ method, path, status, ...error }))
  }

  return Object.assign(check, { counts })
}

type Found = Pick<Violation, 'where' | 'pointer' | 'message'>

interface SchemaCompiler {
  /** The schema at a place of the document. */
  at(pointer: SchemaPointer): ValidateFunction
  /** A schema of our own that refers to the document. */
  compile(name: string, schema: object): ValidateFunction
}

function schemaCompiler(document: object, options: Options): SchemaCompiler {
  const ajv = new Ajv(options)
  formats.default(ajv)
  ajv.addSchema(document, DOCUMENT)
  const compiled = new Map<string, ValidateFunction>()
  function compile(name: string, schema: object): ValidateFunction {
    const validate = compiled.get(name) ?? ajv.compile(schema)
    compiled.set(name, validate)
    return validate
  }
  return { compile, at: (pointer) => compile(pointer, { $ref: DOCUMENT + pointer }) }
}

function querySchema(operation: DocumentedOperation): object {
  const properties = operation.query.map(({ name, schema }) => [
    name,
    schema === null ? {} : { $ref: DOCUMENT + schema },
  ])
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required: operation.query.filter(({ required }) => required).map(({ name }) => name),
    additionalProperties: false,
  }
}

function queryValues(query: string): Record<string, string | string[]> {
  const values: Record<string, string | string[]> = {}
  const given = new URLSearchParams(query)
  for (const name of new Set(given.keys())) {
    const [first = '', ...more] = given.getAll(name)
    values[name] = more.length === 0 ? first : [first, ...more]
  }
  return values
}

function errorsOf(validate: ValidateFunction, value: unknown, where: Found['where']): Found[] {
  validate(value)
  return (validate.errors ?? []).map((error) => ({
    where,
    pointer: error.instancePath,
    message: textOf(error),
  }))
}

const NOT_JSON = Symbol('not JSON')

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return NOT_JSON
  }
}

function textOf({ message = 'is not allowed', params }: ErrorObject): string {
  const { additionalProperty, allowedValues } = params as Record<string, unknown>
  if (typeof additionalProperty === 'string') return `${message}: ${additionalProperty}`
  return Array.isArray(allowedValues) ? `${message}: ${allowedValues.join(', ')}` : message
}

function count(tally: Map<string, number>, name: string): void {
  tally.set(name, (tally.get(name) ?? 0) + 1)
}
