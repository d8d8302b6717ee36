import {
  getOperationAST,
  getVariableValues,
  type DocumentNode,
  type ExecutionArgs,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'
import type { KeptSelectionCompiler } from '../sql/selection-compiler.ts'
import type { KeptCompilers } from '../sql/kept-compilers.ts'

/** An operation that is about to be executed, with its variables coerced. */
export interface ReadOperation {
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>
  readonly root: GraphQLObjectType
  readonly variables: Readonly<Record<string, unknown>>
  readonly compiler: KeptSelectionCompiler
  /** By response name, fragments and directives applied. */
  readonly rootFields: ReadonlyMap<string, readonly FieldNode[]>
}

/**
 * Reads what is to be executed; `null` when there is nothing that could be, because no operation was chosen or its
 * variables do not fit. The executor then says so.
 */
export function readOperation(
  { schema, document, operationName, variableValues }: ExecutionArgs,
  compilerOf: KeptCompilers,
): ReadOperation | null {
  const operation = getOperationAST(document, operationName)
  const root = operation && schema.getRootType(operation.operation)
  if (!operation || !root) return null
  const coerced = getVariableValues(schema, operation.variableDefinitions ?? [], { ...variableValues })
  if (coerced.errors !== undefined) return null
  const variables = coerced.coerced
  const { compiler, fragments } = compilerOf(schema, document, operation, variables)
  const rootFields = compiler.root(root, operation.selectionSet)
  return { schema, document, operation, fragments, root, variables, compiler, rootFields }
}

/** The names of the fields themselves, whatever they were renamed to. */
export function rootFieldNames({ rootFields }: ReadOperation): readonly string[] {
  return [...rootFields.values()].flatMap(([node]) => node?.name.value ?? [])
}
