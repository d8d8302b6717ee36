import SchemaBuilder from '@pothos/core'
import type { JsonValue } from '@tripline/core'
import type { GraphqlContext } from './context.ts'
import { fieldOptions } from './field-options.ts'

/** What schemas are built with: `permission` on every root field, `sql` on every field that PostgreSQL computes. */
export const builder = new SchemaBuilder<{
  Context: GraphqlContext
  DefaultFieldNullability: false
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: Date; Output: Date | string }
    DetectionId: { Input: string; Output: string }
    JSON: { Input: JsonValue; Output: unknown }
  }
}>({
  plugins: [fieldOptions],
  defaultFieldNullability: false,
})

builder.queryType({})
builder.mutationType({})
builder.subscriptionType({})
