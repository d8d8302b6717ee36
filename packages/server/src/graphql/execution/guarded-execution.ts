import type { Plugin } from 'graphql-yoga'
import type { DocumentNode, ExecutionArgs, ExecutionResult } from 'graphql'
import { GraphQLError, NoSchemaIntrospectionCustomRule, parse } from 'graphql'
import type { GraphqlContext } from '../context.ts'
import { passThroughStatement, textResult } from '../sql/pass-through.ts'
import type { KeptCompilers } from '../sql/kept-compilers.ts'
import type { StatementRunner } from '../sql/statement.ts'
import { checkAccess } from './access.ts'
import type { ErrorReport } from './error-report.ts'
import { AliasLimit, DepthLimit, MOST_TOKENS } from './limits.ts'
import { checkOperation } from './operation-check.ts'
import { readOperation, type ReadOperation } from './operation.ts'

/** What operations are executed with. */
export interface ExecutionParts {
  readonly introspection: boolean
  readonly compilerOf: KeptCompilers
  readonly runner: StatementRunner
  readonly errors: ErrorReport
  /** Called with the text of queries that PostgreSQL answers by itself. */
  onPassThrough(text: string, document: DocumentNode): void
  subscribe(operation: ReadOperation, args: ExecutionArgs): Promise<AsyncIterable<ExecutionResult>>
}

/**
 * Lets an operation through only when it is within the limits and every root field is allowed, and executes queries
 * with a single statement where that is possible.
 */
export function guardedExecution(parts: ExecutionParts): Plugin<GraphqlContext> {
  const { introspection, compilerOf, runner, errors } = parts
  /** The operation, checked; `null` when the executor should say what is wrong with it. */
  const check = (args: ExecutionArgs, context: GraphqlContext): ReadOperation | null => {
    const operation = readOperation(args, compilerOf)
    if (operation === null) {
      if (context.principal === null) checkAccess(null, nobody(args), ['?'])
      return null
    }
    checkOperation(operation, context.principal)
    return operation
  }
  return {
    onParse({ setParseFn }) {
      setParseFn((source: Parameters<typeof parse>[0], options?: Parameters<typeof parse>[1]) =>
        parse(source, { ...options, maxTokens: MOST_TOKENS }),
      )
    },
    onValidate({ addValidationRule }) {
      addValidationRule(DepthLimit)
      addValidationRule(AliasLimit)
      if (!introspection) addValidationRule(NoSchemaIntrospectionCustomRule)
    },
    onExecute({ args, setExecuteFn, setResultAndStopExecution }) {
      const context = args.contextValue as GraphqlContext
      const refuse = (error: unknown): void =>
        setResultAndStopExecution({ errors: [errors.toClient(error, context.traceId)] })
      let statement: ReturnType<typeof passThroughStatement> = null
      try {
        const operation = check(args as ExecutionArgs, context)
        if (operation !== null && context.principal !== null) {
          statement = passThroughStatement(operation, context.principal)
        }
      } catch (error) {
        refuse(error)
        return undefined
      }
      const { principal } = context
      if (statement !== null && principal !== null) {
        const sql = statement
        const { params } = args.contextValue as { readonly params?: { readonly query?: string } }
        if (params?.query !== undefined) parts.onPassThrough(params.query, args.document)
        setExecuteFn(async () => {
          try {
            return textResult((await runner.run(sql, principal)) ?? 'null')
          } catch (error) {
            return {
              errors: [new GraphQLError('The statement failed.', { originalError: toError(error) })],
              data: null,
            }
          }
        })
      }
      return {
        onExecuteDone: ({ result, setResult }) => {
          if ('errors' in result && result.errors !== undefined)
            setResult(errors.result(result, context.traceId))
        },
      }
    },
    onSubscribe({ args, setSubscribeFn, setResultAndStopExecution }) {
      const context = args.contextValue as GraphqlContext
      try {
        const operation = check(args as ExecutionArgs, context)
        if (operation === null) return
        setSubscribeFn(async () => {
          try {
            return await parts.subscribe(operation, args as ExecutionArgs)
          } catch (error) {
            return { errors: [errors.toClient(error, context.traceId)] }
          }
        })
      } catch (error) {
        setResultAndStopExecution({ errors: [errors.toClient(error, context.traceId)] })
      }
    },
  }
}

function nobody({ schema }: ExecutionArgs): Parameters<typeof checkAccess>[1] {
  const type = schema.getQueryType()
  if (!type) throw new TypeError('The schema has no query type')
  return type
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
