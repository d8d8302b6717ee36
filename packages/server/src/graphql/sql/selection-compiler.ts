import {
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isAbstractType,
  isObjectType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import sql, { join, raw, type Sql } from 'sql-template-tag'
import { literal, ROW, type FieldSql, type SelectedField, type SelectionCompiler } from './field-sql.ts'

/** What a selection is compiled in. */
export interface SelectionSource {
  readonly schema: GraphQLSchema
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>
  /** Coerced. */
  readonly variables: Readonly<Record<string, unknown>>
}

/** A compiler that says whether its results may be sent as they are. */
export interface KeptSelectionCompiler extends SelectionCompiler {
  /** Whole statements that were made with it, by what else they depend on. */
  readonly statements: Map<string, Sql>
  /** Whether the text of every object compiled so far has its members in the order in which GraphQL wants them. */
  readonly inOrder: boolean
  /** The fields of an operation by response name. */
  root(type: GraphQLObjectType, selections: SelectionSetNode): ReadonlyMap<string, readonly FieldNode[]>
  /** A field of an operation; its arguments are read from the variables of this one request. */
  rootField(
    type: GraphQLObjectType,
    nodes: readonly FieldNode[],
    variables: Readonly<Record<string, unknown>>,
  ): SelectedField
}

/** A selection that PostgreSQL cannot answer by itself. */
class NotCompilable extends Error {}

/** PostgreSQL cuts longer names of columns off. */
const LONGEST_COLUMN = 63
/** PostgreSQL takes at most 100 arguments to a function. */
const MOST_PAIRS = 50

/**
 * Makes a compiler for one operation and one set of variables. It keeps what it compiled, by the identity of the nodes,
 * so it can be kept as long as the operation.
 */
export function createSelectionCompiler(source: SelectionSource): KeptSelectionCompiler {
  const collected = new Map<readonly FieldNode[], ReadonlyMap<string, readonly FieldNode[]>>()
  const objects = new Map<readonly FieldNode[], Sql>()
  const columns = new Map<readonly FieldNode[], Sql | null>()
  const roots = new Map<SelectionSetNode, ReadonlyMap<string, readonly FieldNode[]>>()
  let inOrder = true

  const compiler: KeptSelectionCompiler = {
    statements: new Map(),
    get inOrder() {
      return inOrder
    },
    root(type, selections) {
      return kept(roots, selections, () => collectFields(source, type, [selections]))
    },
    fields(type, nodes) {
      return kept(collected, nodes, () =>
        collectFields(
          source,
          type,
          nodes.flatMap(({ selectionSet }) => selectionSet ?? []),
        ),
      )
    },
    object(type, nodes) {
      return kept(objects, nodes, () => compiler.members(membersOf(compiler, type, nodes)))
    },
    columns(type, nodes) {
      return kept(columns, nodes, () => columnsOf(membersOf(compiler, type, nodes)))
    },
    members(members) {
      if (members.length === 0) return sql`'{}'::json`
      // Twice as fast as json_build_object, and shorter.
      const row = columnsOf(members)
      if (row !== null) return sql`(select row_to_json(${ROW}) from (select ${row}) ${ROW})`
      if (members.length <= MOST_PAIRS) return buildObject(members)
      // jsonb has an order of its own.
      inOrder = false
      const parts = Array.from({ length: Math.ceil(members.length / MOST_PAIRS) }, (_, part) =>
        members.slice(part * MOST_PAIRS, (part + 1) * MOST_PAIRS),
      )
      return sql`(${join(
        parts.map((part) => sql`${buildObject(part)}::jsonb`),
        ' || ',
      )})`
    },
    field(type, nodes) {
      return selectedField(compiler, source.variables, type, nodes)
    },
    rootField(type, nodes, variables) {
      return selectedField(compiler, variables, type, nodes)
    },
  }
  return compiler
}

function kept<Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value {
  const existing = known.get(key)
  if (existing !== undefined) return existing
  const value = make()
  known.set(key, value)
  return value
}

function membersOf(
  compiler: SelectionCompiler,
  type: GraphQLObjectType,
  nodes: readonly FieldNode[],
): readonly (readonly [string, Sql])[] {
  return [...compiler.fields(type, nodes)].map(([name, asked]) => [name, valueOf(compiler, type, asked)])
}

/** Members as the columns of a row; `null`: they cannot be. */
function columnsOf(members: readonly (readonly [string, Sql])[]): Sql | null {
  if (members.length === 0 || members.some(([name]) => name.length > LONGEST_COLUMN)) return null
  // Names of GraphQL are letters, digits and underscores.
  return join(
    members.map(([name, value]) => sql`${value} as ${raw(`"${name}"`)}`),
    ', ',
  )
}

function buildObject(members: readonly (readonly [string, Sql])[]): Sql {
  return sql`json_build_object(${join(
    members.map(([name, value]) => sql`${literal(name)}, ${value}`),
    ', ',
  )})`
}

function valueOf(compiler: SelectionCompiler, type: GraphQLObjectType, nodes: readonly FieldNode[]): Sql {
  const name = first(nodes).name.value
  if (name === '__typename') return sql`${literal(type.name)}::text`
  const field = type.getFields()[name]
  const fieldSql = field?.extensions['sql'] as FieldSql | undefined
  if (fieldSql === undefined) throw new NotCompilable(`${type.name}.${name} is not computed by PostgreSQL`)
  return typeof fieldSql === 'function' ? fieldSql(compiler.field(type, nodes)) : fieldSql
}

function selectedField(
  compiler: SelectionCompiler,
  variables: SelectionSource['variables'],
  parent: GraphQLObjectType,
  nodes: readonly FieldNode[],
): SelectedField {
  const node = first(nodes)
  const name = node.name.value
  // `__typename` has no definition, and no arguments either.
  const definition = parent.getFields()[name]
  return {
    name,
    args: definition === undefined ? {} : getArgumentValues(definition, node, variables),
    get type() {
      const type = definition === undefined ? undefined : getNamedType(definition.type)
      if (!isObjectType(type)) throw new NotCompilable(`${parent.name}.${name} does not give an object`)
      return type
    },
    nodes,
    compiler,
    object() {
      return compiler.object(this.type, nodes)
    },
    columns() {
      return compiler.columns(this.type, nodes)
    },
  }
}

/** The algorithm CollectFields of the GraphQL specification, for a known object type. */
function collectFields(
  source: SelectionSource,
  type: GraphQLObjectType,
  selectionSets: readonly SelectionSetNode[],
): ReadonlyMap<string, readonly FieldNode[]> {
  const fields = new Map<string, FieldNode[]>()
  const visited = new Set<string>()
  const visit = (selections: readonly SelectionNode[]): void => {
    for (const selection of selections) {
      if (!isIncluded(source, selection)) continue
      switch (selection.kind) {
        case Kind.FIELD: {
          const name = (selection.alias ?? selection.name).value
          const nodes = fields.get(name)
          if (nodes === undefined) fields.set(name, [selection])
          else nodes.push(selection)
          break
        }
        case Kind.INLINE_FRAGMENT:
          if (applies(source, selection.typeCondition?.name.value, type))
            visit(selection.selectionSet.selections)
          break
        case Kind.FRAGMENT_SPREAD: {
          const name = selection.name.value
          const fragment = source.fragments[name]
          if (fragment === undefined || visited.has(name)) break
          visited.add(name)
          if (applies(source, fragment.typeCondition.name.value, type))
            visit(fragment.selectionSet.selections)
          break
        }
      }
    }
  }
  for (const { selections } of selectionSets) visit(selections)
  return fields
}

function isIncluded({ variables }: SelectionSource, node: SelectionNode): boolean {
  if (node.directives === undefined || node.directives.length === 0) return true
  if (getDirectiveValues(GraphQLSkipDirective, node, variables)?.['if'] === true) return false
  return getDirectiveValues(GraphQLIncludeDirective, node, variables)?.['if'] !== false
}

function applies(
  { schema }: SelectionSource,
  condition: string | undefined,
  type: GraphQLObjectType,
): boolean {
  if (condition === undefined || condition === type.name) return true
  const conditionType = schema.getType(condition)
  return isAbstractType(conditionType) && schema.isSubType(conditionType, type)
}

function first(nodes: readonly FieldNode[]): FieldNode {
  const [node] = nodes
  if (node === undefined) throw new TypeError('A selected field has at least one node')
  return node
}
