import type { Issue } from '@tripline/core'
import { z } from 'zod'

// What is read of Desk's answers, and nothing more.

export const ticketSchema = z.object({
  id: z.int().positive(),
  /** Counts the changes. A change that names an older one is refused with 409. */
  version: z.int(),
  externalId: z.string().nullable(),
  queue: z.string(),
  subject: z.string(),
  body: z.string(),
  status: z.string(),
  priority: z.string().nullable(),
  tags: z.array(z.string()),
  agent: z.object({ id: z.string(), name: z.string() }).nullable(),
  links: z.array(z.object({ url: z.string(), title: z.string() })),
  updatedAt: z.iso.datetime(),
})
export type DeskTicket = z.output<typeof ticketSchema>

const agentSchema = z.object({ id: z.string(), name: z.string() })

export const sessionSchema = z.object({ product: z.string(), agent: agentSchema })

export const queueSchema = z.object({
  name: z.string(),
  /** What a ticket of this queue can be given besides what every ticket has. */
  fields: z.array(z.string()),
  /** Whom its tickets can be assigned to. */
  agents: z.array(agentSchema),
})

const refusalSchema = z.object({ errors: z.array(z.object({ field: z.string(), message: z.string() })) })

/** What Desk says is wrong; none when the answer is not one of Desk. */
export function readDeskIssues(text: string): readonly Issue[] {
  try {
    const { errors } = refusalSchema.parse(JSON.parse(text))
    return errors.map(({ field, message }) => ({ path: field, message }))
  } catch {
    return []
  }
}
