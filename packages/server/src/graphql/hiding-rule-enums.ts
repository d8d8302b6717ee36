import { propertyOperators } from '@tripline/core'
import { builder } from './builder.ts'

type PropertyOperator = (typeof propertyOperators)[number]

/** The API's words for how properties are compared. */
export const operatorWords = {
  '=': 'EQUALS',
  '!=': 'DIFFERS',
  '~': 'MATCHES',
  '!~': 'DOES_NOT_MATCH',
  in: 'IN',
} as const satisfies Record<PropertyOperator, string>

type OperatorWord = (typeof operatorWords)[PropertyOperator]

export const propertyOperatorEnum = builder.enumType('PropertyOperator', {
  description:
    '`MATCHES`: the operand, a regular expression in the syntax of RE2, occurs in it; `IN`: it is one of the operands. A property that is absent meets none of them.',
  values: propertyOperators.map((operator) => operatorWords[operator]) as readonly OperatorWord[],
})

/** The operator that a word of the API stands for. */
export function operatorOf(word: OperatorWord): PropertyOperator {
  const operator = propertyOperators.find((each) => operatorWords[each] === word)
  if (operator === undefined) throw new TypeError(`There is no operator ${word}`)
  return operator
}

export const localityEnum = builder.enumType('ParticipantLocality', {
  description: 'Inside or outside of the observed network.',
  values: ['INTERNAL', 'EXTERNAL'] as const,
})
