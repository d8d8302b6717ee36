import SchemaBuilder, {
  BasePlugin,
  type FieldNullability,
  type InputFieldMap,
  type PothosOutputFieldConfig,
  type SchemaTypes,
  type TypeParam,
} from '@pothos/core'
import { Unauthenticated } from '@tripline/core'
import type { GraphQLField, GraphQLFieldResolver } from 'graphql'
import type { Permission, Principal } from '../access/principal.ts'
import type { GraphqlContext } from './context.ts'
import type { FieldSql, SelectedField } from './sql/field-sql.ts'
import { createSelectionCompiler } from './sql/selection-compiler.ts'
import type { Sql } from 'sql-template-tag'
import type { Topic } from './subscriptions/topic.ts'

/** The name under which the builder knows this plugin. */
export const fieldOptions = 'triplineFieldOptions'

interface RootFieldOptions {
  /** What a principal needs for this field. */
  readonly permission: Permission
}

/**
 * How PostgreSQL answers a field of the query root. Made anew for every request, unlike what is selected below it.
 *
 * @throws DomainError for arguments that cannot be used
 */
export type RootSql = (field: SelectedField, viewer: Principal) => Sql

/**
 * What a subscription is about.
 *
 * @throws DomainError for arguments that cannot be used
 */
export type TopicOf = (args: Readonly<Record<string, unknown>>, viewer: Principal) => Topic

interface SubscriptionOptions extends RootFieldOptions {
  readonly topic: TopicOf
}

interface QueryOptions extends RootFieldOptions {
  /** How PostgreSQL answers the field; the resolver is then `fromStatement`. */
  readonly rootSql?: RootSql
}

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- Pothos finds the options of plugins here and nowhere else
  export namespace PothosSchemaTypes {
    // Pothos merges these with its own interfaces, so their parameters must be the same.
    /* oxlint-disable no-unused-vars */
    interface Plugins<Types extends SchemaTypes> {
      [fieldOptions]: FieldOptionsPlugin<Types>
    }
    interface FieldOptions<
      Types extends SchemaTypes = SchemaTypes,
      ParentShape = unknown,
      Type extends TypeParam<Types> = TypeParam<Types>,
      Nullable extends FieldNullability<Type> = FieldNullability<Type>,
      Args extends InputFieldMap = InputFieldMap,
      ResolveShape = unknown,
      ResolveReturnShape = unknown,
    > {
      /** How PostgreSQL computes the field; the resolver is then `fromRow`. */
      readonly sql?: FieldSql
    }
    interface QueryFieldOptions<
      Types extends SchemaTypes,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveReturnShape,
    > extends QueryOptions {}
    interface MutationFieldOptions<
      Types extends SchemaTypes,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveReturnShape,
    > extends RootFieldOptions {}
    interface SubscriptionFieldOptions<
      Types extends SchemaTypes,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveShape,
      ResolveReturnShape,
    > extends SubscriptionOptions {}
    /* oxlint-enable no-unused-vars */
  }
}

/** Keeps our own field options where execution finds them: in the extensions of the schema's fields. */
class FieldOptionsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(config: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    const options: object = config.pothosOptions
    const permission = 'permission' in options ? { permission: options.permission } : {}
    const sql = 'sql' in options ? { sql: options.sql } : {}
    const rootSql = 'rootSql' in options ? { rootSql: options.rootSql } : {}
    const topic = 'topic' in options ? { topic: options.topic } : {}
    return { ...config, extensions: { ...config.extensions, ...permission, ...sql, ...rootSql, ...topic } }
  }
}

SchemaBuilder.registerPlugin(fieldOptions, FieldOptionsPlugin)

/** The permission that a root field needs; `undefined`: none was declared, so nobody may use it. */
export function permissionOf(field: GraphQLField<unknown, unknown>): Permission | undefined {
  return field.extensions['permission'] as Permission | undefined
}

/** The resolver of fields that PostgreSQL computes: their rows hold the selected members by response name. */
export function fromRow(
  ...[row, , , info]: Parameters<GraphQLFieldResolver<unknown, GraphqlContext>>
): never {
  return (row as Record<string, never>)[String(info.path.key)] as never
}

/** The options of a field that PostgreSQL computes. */
export function computed(expression: FieldSql): { readonly sql: FieldSql; readonly resolve: typeof fromRow } {
  return { sql: expression, resolve: fromRow }
}

/** How PostgreSQL answers a field of the query root; `undefined`: it does not. */
export function rootSqlOf(field: GraphQLField<unknown, unknown> | undefined): RootSql | undefined {
  return field?.extensions['rootSql'] as RootSql | undefined
}

/** The resolver of fields of the query root that PostgreSQL answers. */
export async function fromStatement(
  ...[, , context, info]: Parameters<GraphQLFieldResolver<unknown, GraphqlContext>>
): Promise<never> {
  const rootSql = rootSqlOf(info.parentType.getFields()[info.fieldName])
  if (rootSql === undefined) throw new TypeError(`${info.fieldName} declares no rootSql`)
  const compiler = createSelectionCompiler({
    schema: info.schema,
    fragments: info.fragments,
    variables: info.variableValues,
  })
  const statement = rootSql(compiler.field(info.parentType, info.fieldNodes), viewerOf(context))
  return (await context.rows.evaluate(statement)) as never
}

/** The options of a field of the query root that PostgreSQL answers. */
export function answered(rootSql: RootSql): {
  readonly rootSql: RootSql
  readonly resolve: typeof fromStatement
} {
  return { rootSql, resolve: fromStatement }
}

/** Who asks; nothing is resolved without a principal. */
export function viewerOf(context: Pick<GraphqlContext, 'principal'>): Principal {
  if (context.principal === null) throw new Unauthenticated('The request carries no valid credentials.')
  return context.principal
}

/** What a field of the subscription root is about. */
export function topicOf(field: GraphQLField<unknown, unknown> | undefined): TopicOf | undefined {
  return field?.extensions['topic'] as TopicOf | undefined
}

/** The `subscribe` of every subscription: their results are made for many subscribers at once, by the hub. */
export function byHub(): never {
  throw new TypeError('Subscriptions are served by the hub')
}
