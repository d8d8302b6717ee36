import { z } from 'zod'
import { detectionFilterSchema, matchesFilter, type DetectionFilter } from './detection-filter.ts'
import type { Detection } from './detection.ts'

const ruleSchema = z.object({
  /** What people call the rule; it stands in the decision record of every detection it decides. */
  name: z.string().min(1).max(200),
  filter: detectionFilterSchema.default({}),
  /** `auto`: a ticket is created at once; `manual`: only when a person asks. */
  mode: z.enum(['auto', 'manual']).default('auto'),
  /** The most tickets to create in any one hour; what exceeds it is held, not dropped. `null`: no bound. */
  budgetPerHour: z.number().int().min(0).max(1_000_000).nullable().default(null),
})

/** One rule of a connection. */
export type TicketingRule = Readonly<z.output<typeof ruleSchema>>

/** Parses the rules of a connection, in order; names must differ. */
export const ticketingRulesSchema = z
  .array(ruleSchema)
  .max(100)
  .superRefine((rules, context) => {
    rules.forEach(({ name }, index) => {
      if (rules.findIndex((rule) => rule.name === name) === index) return
      context.addIssue({ code: 'custom', path: [index, 'name'], message: `Two rules are called ${name}` })
    })
  })

/** What {@link ticketingRulesSchema} accepts. */
export type TicketingRulesInput = z.input<typeof ticketingRulesSchema>

/** The first rule whose filter holds; `null`: the detection is not ticketed on this connection. */
export function matchingRule(rules: readonly TicketingRule[], detection: Detection): TicketingRule | null {
  return rules.find((rule) => matchesFilter(rule.filter as DetectionFilter, detection)) ?? null
}
