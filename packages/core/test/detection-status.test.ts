import { describe, expect, test } from 'vitest'
import {
  allowedTransitions,
  defaultTransitions,
  detectionStatuses,
  InvalidStatusTransition,
  transition,
  transitionTableProblems,
  type DetectionStatus,
  type TransitionTable,
} from '../src/index.ts'

const strict: TransitionTable = {
  open: ['acknowledged', 'new'],
  new: ['acknowledged'],
  acknowledged: ['in_progress'],
  in_progress: ['closed'],
  closed: ['open'],
}

const pairs = detectionStatuses.flatMap((from) => detectionStatuses.map((to) => [from, to] as const))

const attempt = (table: TransitionTable, from: DetectionStatus, to: DetectionStatus, mayUseNew: boolean) => {
  try {
    return transition(table, from, to, { mayUseNew })
  } catch (error) {
    return error
  }
}

describe('By default', () => {
  test.each(pairs)('%s leads to %s, by a ticket', (from, to) => {
    expect(transition(defaultTransitions, from, to, { mayUseNew: true })).toBe(to)
  })

  test.each(pairs)('%s leads to %s by a person, unless that is `new`', (from, to) => {
    const result = attempt(defaultTransitions, from, to, false)
    if (to !== 'new' || from === 'new') expect(result).toBe(to)
    else expect(result).toBeInstanceOf(InvalidStatusTransition)
  })
})

describe('A stricter table', () => {
  const yes = ['open>acknowledged', 'open>new', 'new>acknowledged', 'acknowledged>in_progress']
  yes.push('in_progress>closed', 'closed>open')

  test.each(pairs)('decides whether %s leads to %s', (from, to) => {
    const result = attempt(strict, from, to, true)
    if (from === to || yes.includes(`${from}>${to}`)) expect(result).toBe(to)
    else
      expect(result).toMatchObject({
        code: 'INVALID_STATUS_TRANSITION',
        from,
        to,
        allowed: strict[from].toSorted(inOrder),
      })
  })

  test('offers what may be set now, in order, without the present status', () => {
    expect(allowedTransitions(strict, 'open', { mayUseNew: true })).toEqual(['new', 'acknowledged'])
    expect(allowedTransitions(strict, 'open', { mayUseNew: false })).toEqual(['acknowledged'])
  })

  test('is named in a refusal: from, to and what is allowed', () => {
    expect(() => transition(strict, 'open', 'closed', { mayUseNew: false })).toThrow(
      /cannot go from open to closed; allowed from open: acknowledged/,
    )
    expect(() => transition(strict, 'open', 'new', { mayUseNew: false })).toThrow(/new is set by tickets/)
  })
})

describe('A transition table', () => {
  test.each([defaultTransitions, strict])('can be used when work can begin and end', (table) => {
    expect(transitionTableProblems(table)).toEqual([])
  })

  test('cannot be used when a status is never reached', () => {
    expect(transitionTableProblems({ ...strict, acknowledged: ['closed'] })).toEqual([
      'in_progress cannot be reached from open',
    ])
  })

  test('need not lead to `new`, which comes from tickets', () => {
    expect(transitionTableProblems({ ...strict, open: ['acknowledged'] })).toEqual([])
  })

  test('cannot be used when a status is a dead end', () => {
    expect(transitionTableProblems({ ...strict, new: [] })).toEqual(['closed cannot be reached from new'])
  })
})

function inOrder(left: DetectionStatus, right: DetectionStatus): number {
  return detectionStatuses.indexOf(left) - detectionStatuses.indexOf(right)
}
