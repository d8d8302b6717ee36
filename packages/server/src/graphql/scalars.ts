import { detectionIdSchema, jsonValueSchema, type JsonValue } from '@tripline/core'
import { GraphQLError, Kind, valueFromASTUntyped, type ValueNode } from 'graphql'
import { z } from 'zod'
import { builder } from './builder.ts'

const dateTimeSchema = z.iso.datetime({ offset: true })

/** ISO 8601 with a zone. */
builder.scalarType('DateTime', {
  description:
    'An instant in ISO 8601 with a zone. Answers are in UTC with milliseconds: `2025-03-01T12:30:00.000Z`.',
  // What PostgreSQL computes is written as it should be already.
  serialize: (value) => (value instanceof Date ? value.toISOString() : value),
  parseValue: (value) => {
    const instant = dateTimeSchema.safeParse(value)
    if (instant.success) return new Date(instant.data)
    throw invalid(
      `A DateTime is an instant in ISO 8601 with a zone, for instance 2025-03-01T12:30:00Z, not ${shown(value)}.`,
    )
  },
})

/** Decimal digits; an integer is taken too. */
builder.scalarType('DetectionId', {
  description:
    'The id of a detection: an integer of up to 64 bits in decimal digits, as a string. Inputs may be integers; beyond 2^53 a JSON number is not exact, so write a string.',
  serialize: (value) => value,
  parseValue: parseDetectionId,
  // Not by way of a number: the literal may hold more digits than one can.
  parseLiteral: (node) => {
    if (node.kind === Kind.INT || node.kind === Kind.STRING) return parseDetectionId(node.value)
    throw invalid(
      `A DetectionId is a string of decimal digits or an integer, not ${shown(valueFromASTUntyped(node))}.`,
    )
  },
})

/** Any JSON value. */
builder.scalarType('JSON', {
  description: 'Any JSON value.',
  serialize: (value) => value,
  parseValue: parseJson,
  parseLiteral: (node: ValueNode, variables) => parseJson(valueFromASTUntyped(node, variables)),
})

function parseDetectionId(value: unknown): string {
  const id = detectionIdSchema.safeParse(value)
  if (id.success) return id.data
  throw invalid(id.error.issues[0]?.message ?? 'This is not a DetectionId.')
}

function parseJson(value: unknown): JsonValue {
  const json = jsonValueSchema.safeParse(value)
  if (json.success) return json.data
  throw invalid('This is not a JSON value.')
}

function invalid(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 60)
}
