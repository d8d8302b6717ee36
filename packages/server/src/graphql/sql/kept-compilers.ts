import {
  visit,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'
import { createSelectionCompiler, type KeptSelectionCompiler } from './selection-compiler.ts'

interface OperationCompilers {
  /** The variables that what is selected depends on; those of the root fields' arguments are not among them. */
  readonly variableNames: readonly string[]
  readonly fragments: Fragments
  readonly compilers: Map<string, KeptSelectionCompiler>
}

/** How many sets of variables an operation's selections are kept for. */
const MOST_KEPT = 50

/** Gives the compiler of an operation with these variables, with all that it has compiled before. */
export type KeptCompilers = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
) => { readonly compiler: KeptSelectionCompiler; readonly fragments: Fragments }

type Fragments = Readonly<Record<string, FragmentDefinitionNode>>

/** Keeps compilers by operation: a document that is not cached any more takes its compilers with it. */
export function keepCompilers(): KeptCompilers {
  const kept = new WeakMap<OperationDefinitionNode, OperationCompilers>()
  return (schema, document, operation, variables) => {
    const known = kept.get(operation) ?? {
      variableNames: selectingVariables(document, operation),
      fragments: fragmentsOf(document),
      compilers: new Map(),
    }
    kept.set(operation, known)
    const { variableNames, fragments, compilers } = known
    const key = variableNames.length === 0 ? '' : JSON.stringify(variableNames.map((name) => variables[name]))
    const existing = compilers.get(key)
    if (existing !== undefined) return { compiler: existing, fragments }
    const compiler = createSelectionCompiler({ schema, fragments, variables })
    if (compilers.size >= MOST_KEPT) compilers.clear()
    compilers.set(key, compiler)
    return { compiler, fragments }
  }
}

function fragmentsOf(document: DocumentNode): Fragments {
  return Object.fromEntries(
    document.definitions.flatMap((definition) =>
      definition.kind === 'FragmentDefinition' ? [[definition.name.value, definition]] : [],
    ),
  )
}

/** Variables in directives, and in arguments anywhere below the root fields. */
function selectingVariables(document: DocumentNode, operation: OperationDefinitionNode): readonly string[] {
  const rootArguments = new Set<unknown>(
    operation.selectionSet.selections.flatMap((selection) =>
      selection.kind === 'Field' ? (selection.arguments ?? []) : [],
    ),
  )
  const names = new Set<string>()
  visit(document, {
    Argument: (node) => (rootArguments.has(node) ? false : undefined),
    VariableDefinition: () => false,
    Variable: (node) => void names.add(node.name.value),
  })
  return [...names].toSorted()
}
