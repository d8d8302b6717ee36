import { z } from 'zod'

// What is read of RT's answers, and nothing more.
// https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html

// Numbers come as numbers or as text, depending on the database below.
const numberText = z.union([z.number(), z.string()]).transform(String)

// In a path any other id would address something else.
const ticketIdSchema = numberText.refine((id) => /^[1-9]\d{0,9}$/u.test(id), 'must be a number')

const namedSchema = z.object({ id: numberText })

// Perl writes what is true only of itself: the one value of a field may be a number.
const fieldValueSchema = z.union([
  z.string(),
  z.number().transform(String),
  z.unknown().transform(() => null),
])

/** Left out where the account may not see the custom fields. */
const customFieldsSchema = z
  .array(z.object({ id: numberText, name: z.string(), values: z.array(fieldValueSchema).default([]) }))
  .default([])

const hyperlinksSchema = z
  .array(z.object({ ref: z.string(), type: z.string().optional(), _url: z.string().optional() }))
  .default([])

export const ticketSchema = z.object({
  id: ticketIdSchema,
  Queue: namedSchema.extend({ Name: z.string().nullish() }),
  Status: z.string(),
  Subject: z.string().nullish(),
  Owner: namedSchema,
  Priority: numberText.nullish(),
  LastUpdated: z.iso.datetime({ offset: true }),
  CustomFields: customFieldsSchema,
  _hyperlinks: hyperlinksSchema,
})
export type RtTicket = z.output<typeof ticketSchema>

export const createdSchema = z.object({ id: ticketIdSchema })

/** What was done, or why not, in words: RT answers a refused change with status 200 as well. */
export const messagesSchema = z.array(z.string().nullable())

function pageSchema<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), pages: z.number().nullish() })
}

export const foundTicketsSchema = pageSchema(
  z.object({ id: ticketIdSchema, LastUpdated: z.iso.datetime({ offset: true }) }),
)
export type FoundTicket = z.output<typeof foundTicketsSchema>['items'][number]

const transactionFields = {
  Type: z.string(),
  Field: numberText.nullish(),
  OldValue: z.string().nullish(),
  NewValue: z.string().nullish(),
  Data: z.string().nullish(),
  Created: z.iso.datetime({ offset: true }),
  Creator: namedSchema,
}
export const transactionSchema = z.object(transactionFields)
export const historySchema = pageSchema(z.object({ id: numberText, ...transactionFields }))
export type RtTransaction = z.output<typeof historySchema>['items'][number]

export const queueSchema = z.object({
  id: numberText,
  Name: z.string(),
  Lifecycle: z.string().nullish(),
  Disabled: numberText.nullish(),
  TicketCustomFields: z.array(z.object({ name: z.string() })).default([]),
  _hyperlinks: hyperlinksSchema,
})
export type RtQueue = z.output<typeof queueSchema>

/** Most of it is shown to administrators and to the account itself only. */
export const userSchema = z.object({
  Name: z.string().nullish(),
  EmailAddress: z.string().nullish(),
  Privileged: numberText.nullish(),
  Disabled: numberText.nullish(),
})
export type RtUser = z.output<typeof userSchema>

export const foundUsersSchema = pageSchema(namedSchema)

export const serverSchema = z.object({ Version: z.string() })

export const refusalSchema = z
  .object({ message: z.string() })
  .transform(({ message }) => [{ path: '', message }])

const ticketNumberSchema = z.int().positive().max(9_999_999_999)

export const webhookSchema = z.object({
  ticket: ticketNumberSchema,
  transaction: z.int().positive(),
  /** The tickets that were merged into it. */
  merged: z.array(ticketNumberSchema).max(1_000).default([]),
})
