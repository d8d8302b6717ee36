import {
  getNamedType,
  GraphQLError,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type ASTVisitor,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql'
import { TooComplex } from '../errors.ts'

/** The longest document, in lexical tokens. */
export const MOST_TOKENS = 4_000
/** How deep selections may be nested. */
const DEEPEST = 15
/** How many fields may be renamed. */
const MOST_ALIASES = 100
/** How many objects an answer may have, were all its lists as long as they may be. */
const MOST_OBJECTS = 50_000
/** What a list without paging is counted as. */
const UNPAGED = 5
const DEFAULT_PAGES: Readonly<Record<string, number>> = { detections: 50 }
const DEFAULT_PAGE = 20

/** Refuses documents that are nested too deeply; fragments count where they are spread. */
export function DepthLimit(context: ValidationContext): ASTVisitor {
  const measured = new Map<SelectionSetNode, number>()
  const depthOf = (set: SelectionSetNode | undefined, open: ReadonlySet<string>): number => {
    if (set === undefined) return 0
    const known = measured.get(set)
    if (known !== undefined) return known
    const depth = Math.max(
      ...set.selections.map((selection) => {
        switch (selection.kind) {
          case Kind.FIELD:
            return 1 + depthOf(selection.selectionSet, open)
          case Kind.INLINE_FRAGMENT:
            return depthOf(selection.selectionSet, open)
          case Kind.FRAGMENT_SPREAD: {
            const name = selection.name.value
            // Another rule refuses cycles; here they must only end.
            return open.has(name)
              ? 0
              : depthOf(context.getFragment(name)?.selectionSet, new Set([...open, name]))
          }
        }
      }),
    )
    measured.set(set, depth)
    return depth
  }
  return {
    OperationDefinition(node) {
      const isIntrospection = node.selectionSet.selections.every(
        (selection) => selection.kind === Kind.FIELD && selection.name.value.startsWith('__'),
      )
      const depth = depthOf(node.selectionSet, new Set())
      if (isIntrospection || depth <= DEEPEST) return
      context.reportError(tooComplex(`The operation is nested ${depth} deep; ${DEEPEST} is the most.`, node))
    },
  }
}

/** Refuses documents that rename too many fields. */
export function AliasLimit(context: ValidationContext): ASTVisitor {
  let aliases = 0
  return {
    Field(node) {
      if (node.alias === undefined) return
      aliases += 1
      if (aliases !== MOST_ALIASES + 1) return
      context.reportError(tooComplex(`The document has more than ${MOST_ALIASES} aliases.`, node))
    },
  }
}

function tooComplex(
  message: string,
  node: FieldNode | { readonly kind: Kind.OPERATION_DEFINITION },
): GraphQLError {
  return new GraphQLError(message, { nodes: node as FieldNode, extensions: { code: 'TOO_COMPLEX' } })
}

/** An operation whose answer is to be bounded. */
export interface BoundedOperation {
  readonly schema: GraphQLSchema
  readonly root: GraphQLCompositeType
  readonly selectionSet: SelectionSetNode
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>
  readonly variables: Readonly<Record<string, unknown>>
}

/**
 * Refuses operations that could answer with too many objects: the sizes of nested pages are multiplied.
 *
 * @throws TooComplex
 */
export function checkCost({ schema, root, selectionSet, fragments, variables }: BoundedOperation): void {
  let objects = 0
  const visit = (type: GraphQLCompositeType, set: SelectionSetNode, factor: number): void => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        visitField(type, selection, factor)
        continue
      }
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection
      if (fragment === undefined) continue
      const condition = fragment.typeCondition && schema.getType(fragment.typeCondition.name.value)
      visit(isCompositeType(condition) ? condition : type, fragment.selectionSet, factor)
    }
  }
  const visitField = (parent: GraphQLCompositeType, node: FieldNode, factor: number): void => {
    if (node.selectionSet === undefined || !(isObjectType(parent) || isInterfaceType(parent))) return
    const field = parent.getFields()[node.name.value]
    const type = field && getNamedType(field.type)
    if (field === undefined || !isCompositeType(type)) return
    const isPaged = field.args.some(({ name }) => name === 'first')
    const isPage = parent.name.endsWith('Connection')
    const size = isPaged ? pageSize(node, variables) : isListed(field.type) && !isPage ? UNPAGED : 1
    objects += factor * (isPaged ? 1 : size)
    if (objects > MOST_OBJECTS) {
      throw new TooComplex(
        `The answer could have more than ${MOST_OBJECTS} objects; ask for smaller pages (first), or for less below them.`,
      )
    }
    visit(type, node.selectionSet, factor * size)
  }
  visit(root, selectionSet, 1)
}

function isListed(type: GraphQLOutputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type)
}

function pageSize(node: FieldNode, variables: Readonly<Record<string, unknown>>): number {
  for (const { name, value } of node.arguments ?? []) {
    if (name.value !== 'first' && name.value !== 'last') continue
    const size =
      value.kind === Kind.VARIABLE
        ? variables[value.name.value]
        : value.kind === Kind.INT
          ? Number(value.value)
          : null
    // What is out of bounds is refused by the list itself.
    if (typeof size === 'number') return Math.max(0, size)
  }
  return DEFAULT_PAGES[node.name.value] ?? DEFAULT_PAGE
}
