import { z } from 'zod'

// What is read of Desk's answers, and nothing more.

const agentSchema = z.object({ id: z.string(), name: z.string() })

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
  agent: agentSchema.nullable(),
  links: z.array(z.object({ url: z.string(), title: z.string() })),
  updatedAt: z.iso.datetime(),
})
export type DeskTicket = z.output<typeof ticketSchema>

export const sessionSchema = z.object({ product: z.string(), agent: agentSchema })

/** A queue, with what its tickets can be given besides what every ticket has, and whom they can be assigned to. */
export const queueSchema = z.object({
  name: z.string(),
  fields: z.array(z.string()),
  agents: z.array(agentSchema),
})

/** What Desk says is wrong. */
export const refusalSchema = z
  .object({ errors: z.array(z.object({ field: z.string(), message: z.string() })) })
  .transform(({ errors }) => errors.map(({ field, message }) => ({ path: field, message })))
