import { describe, expect, test } from 'vitest'
import { matchingRule, ticketingRulesSchema } from '../src/index.ts'
import { sampleDetection } from './model/sample-detection.ts'

describe('The rules of a connection', () => {
  const rules = ticketingRulesSchema.parse([
    { name: 'noise', filter: { types: ['dhcp_rogue'], riskScoreMax: 20 }, mode: 'manual' },
    { name: 'urgent', filter: { riskScoreMin: 80 }, budgetPerHour: 10 },
    { name: 'lateral', filter: { categories: ['sec.lateral'] } },
  ])

  test('are asked in order: the first that matches decides', () => {
    const named = (report: Parameters<typeof sampleDetection>[0]): string | undefined =>
      matchingRule(rules, sampleDetection(report))?.name
    expect(named({ riskScore: 90, categories: ['sec.lateral'] })).toBe('urgent')
    expect(named({ riskScore: 10, categories: ['sec.lateral'] })).toBe('noise')
    expect(named({ riskScore: 50, categories: ['sec.lateral'] })).toBe('lateral')
  })

  test('make no ticket when none matches, or when there are none', () => {
    expect(matchingRule(rules, sampleDetection({ riskScore: 50 }))).toBeNull()
    expect(matchingRule([], sampleDetection())).toBeNull()
  })

  test('match everything, at once and without a bound, unless they say otherwise', () => {
    const [rule] = ticketingRulesSchema.parse([{ name: 'all' }])
    expect(rule).toEqual({ name: 'all', filter: {}, mode: 'auto', budgetPerHour: null })
    expect(matchingRule(rule === undefined ? [] : [rule], sampleDetection())).toBe(rule)
  })

  test('have names that differ', () => {
    const result = ticketingRulesSchema.safeParse([{ name: 'a' }, { name: 'b' }, { name: 'a' }])
    expect(result.error?.issues).toMatchObject([{ path: [2, 'name'], message: 'Two rules are called a' }])
  })

  test.each([{ name: '' }, { name: 'x', mode: 'sometimes' }, { name: 'x', budgetPerHour: -1 }])(
    'are refused when malformed: %j',
    (rule) => {
      expect(ticketingRulesSchema.safeParse([rule]).success).toBe(false)
    },
  )
})
