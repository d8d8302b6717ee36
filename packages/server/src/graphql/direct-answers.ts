import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { DocumentNode, GraphQLSchema } from 'graphql'
import type { Principal } from '../access/principal.ts'
import { collectBody } from '../http/request-body.ts'
import type { ErrorReport } from './execution/error-report.ts'
import { checkOperation } from './execution/operation-check.ts'
import { readOperation } from './execution/operation.ts'
import type { KeptCompilers } from './sql/kept-compilers.ts'
import { passThroughStatement } from './sql/pass-through.ts'
import type { StatementRunner } from './sql/statement.ts'

/** What direct answers are made with. */
export interface DirectAnswerParts {
  readonly schema: GraphQLSchema
  readonly compilerOf: KeptCompilers
  readonly runner: StatementRunner
  readonly errors: ErrorReport
  readonly authenticate: (headers: IncomingHttpHeaders) => Promise<Principal | null>
  readonly maxBodyBytes: number
  traceIdOf(headers: IncomingHttpHeaders): string
}

/** Answers queries that came before and that PostgreSQL answers by itself, without the detour over Yoga. */
export interface DirectAnswers {
  /** Remembers a document that was parsed, validated, and answered by PostgreSQL. */
  remember(text: string, document: DocumentNode): void
  /**
   * Answers a request if it can; `false`: somebody else has to, and finds the body, if it was read, as the request's
   * `body`. Everything that could be wrong with a request is left to them.
   */
  answer(request: IncomingMessage, response: ServerResponse): Promise<boolean>
}

interface Params {
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>> | null
  readonly operationName?: string | null
}

const MOST_REMEMBERED = 500
const PARAMETERS = new Set(['query', 'variables', 'operationName', 'extensions'])

/** Makes direct answers; each process has its own memory of documents. */
export function createDirectAnswers(parts: DirectAnswerParts): DirectAnswers {
  const documents = new Map<string, DocumentNode>()

  const respond = async (
    request: IncomingMessage,
    response: ServerResponse,
    params: Params,
  ): Promise<boolean> => {
    const document = documents.get(params.query)
    if (document === undefined) return false
    const { query: _, variables, operationName } = params
    const operation = readOperation(
      {
        schema: parts.schema,
        document,
        operationName: operationName ?? null,
        variableValues: variables ?? null,
      },
      parts.compilerOf,
    )
    const principal = await parts.authenticate(request.headers)
    if (operation === null || principal === null) return false
    checkOperation(operation, principal)
    const statement = passThroughStatement(operation, principal)
    if (statement === null) return false
    try {
      send(response, 200, `{"data":${(await parts.runner.run(statement, principal)) ?? 'null'}}`)
    } catch (error) {
      const { message, extensions } = parts.errors.toClient(error, parts.traceIdOf(request.headers))
      const { http, ...shown } = extensions as { http?: { status: number } }
      send(
        response,
        http?.status ?? 200,
        JSON.stringify({ data: null, errors: [{ message, extensions: shown }] }),
      )
    }
    return true
  }

  return {
    remember(text, document) {
      if (documents.size >= MOST_REMEMBERED && !documents.has(text)) {
        const oldest = documents.keys().next().value
        if (oldest !== undefined) documents.delete(oldest)
      }
      documents.set(text, document)
    },
    async answer(request, response) {
      if (documents.size === 0 || !isPlainQuery(request)) return false
      const body = await collectBody(request, parts.maxBodyBytes)
      if (body === null) {
        response.setHeader('connection', 'close')
        const message = `The request is larger than ${parts.maxBodyBytes} bytes.`
        send(response, 413, JSON.stringify({ errors: [{ message, extensions: { code: 'BODY_TOO_LARGE' } }] }))
        return true
      }
      const text = body.toString('utf8')
      // It cannot be read a second time; and an empty one would be taken for one that was not read.
      Object.assign(request, { body: text === '' ? ' ' : text })
      const params = toParams(text)
      // What was thrown is thrown again where it is reported, with its place.
      return params !== null && (await respond(request, response, params).catch(() => false))
    },
  }
}

/** A request for JSON that brings JSON; whoever only accepts other types, or asks for a stream, is answered by Yoga. */
function isPlainQuery({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'POST' &&
    /^application\/json(?:;|$)/iu.test(headers['content-type'] ?? '') &&
    headers['content-encoding'] === undefined &&
    /(?:^|,)\s*(?:\*\/\*|application\/json)/iu.test(headers.accept ?? '*/*')
  )
}

function toParams(text: string): Params | null {
  try {
    const value: unknown = JSON.parse(text)
    return isParams(value) ? value : null
  } catch {
    return null
  }
}

function isParams(value: unknown): value is Params {
  if (typeof value !== 'object' || value === null || !('query' in value) || typeof value.query !== 'string')
    return false
  const { variables, operationName } = value as Record<string, unknown>
  return (
    Object.keys(value).every((name) => PARAMETERS.has(name)) &&
    (variables === undefined || (typeof variables === 'object' && !Array.isArray(variables))) &&
    (operationName === undefined || operationName === null || typeof operationName === 'string')
  )
}

function send(response: ServerResponse, status: number, text: string): void {
  if (response.destroyed) return
  const body = Buffer.from(text)
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length })
    .end(body)
}
