import { z } from 'zod'
import { fromInstant } from './encoded-query.ts'
import { isSysId } from './sys-id.ts'

// What is read of ServiceNow's answers, and nothing more. All values are strings, numbers and booleans too.
// https://www.servicenow.com/docs/r/api-reference/rest-apis/c_TableAPI.html

const sysIdSchema = z.string().refine(isSysId)

const instantSchema = z.string().transform((value, context) => {
  const at = fromInstant(value)
  if (at !== null) return at
  context.addIssue({ code: 'custom', message: 'is no instant' })
  return z.NEVER
})

const countSchema = z.string().regex(/^\d+$/u).transform(Number)

/** A value with how people read it, as `sysparm_display_value=all` gives it. An empty one may come as a text alone. */
const shownCell = z
  .union([
    z.object({ value: z.string().nullish(), display_value: z.string().nullish() }),
    z.string().transform((value) => ({ value, display_value: value })),
  ])
  .transform(({ display_value: name, value }) => ({ id: value ?? '', name: name || (value ?? '') }))

const cell = <Value>(value: z.ZodType<Value, string>): z.ZodType<Value> =>
  shownCell.transform(({ id }) => id).pipe(value) as z.ZodType<Value>
// What we may not read is missing.
const textCell = shownCell.transform(({ id }) => id).optional()
const namedCell = shownCell
  .nullish()
  .transform((read): Named | null => (read === undefined || read === null || read.id === '' ? null : read))

/** What is read of an incident, besides what is asked for. */
export const incidentFields = [
  'sys_id',
  'number',
  'state',
  'close_code',
  'short_description',
  'description',
  'priority',
  'assigned_to',
  'assigned_to.user_name',
  'correlation_id',
  'sys_updated_on',
  'sys_updated_by',
  'sys_mod_count',
] as const

/** A value and its label. */
export interface Named {
  readonly id: string
  readonly name: string
}

export const incidentSchema = z
  .object({
    sys_id: cell(sysIdSchema),
    number: cell(z.string().min(1)),
    state: shownCell.refine(({ id }) => id !== ''),
    close_code: namedCell,
    short_description: textCell,
    description: textCell,
    priority: textCell,
    assigned_to: namedCell,
    'assigned_to.user_name': textCell,
    correlation_id: textCell,
    sys_updated_on: cell(instantSchema),
    sys_updated_by: textCell,
    sys_mod_count: cell(countSchema),
  })
  .transform((row) => ({
    id: row.sys_id,
    number: row.number,
    state: row.state,
    closeCode: row.close_code,
    summary: row.short_description,
    description: row.description,
    priority: row.priority,
    assignee:
      row.assigned_to === null
        ? null
        : { id: row.assigned_to.id, name: row['assigned_to.user_name'] || row.assigned_to.name },
    correlationId: row.correlation_id,
    updatedAt: row.sys_updated_on,
    updatedBy: row.sys_updated_by ?? '',
    modCount: row.sys_mod_count,
  }))
/** An incident as it is now. A text is `undefined` when we may not read it. */
export type IncidentRecord = z.output<typeof incidentSchema>

export const changedIncidentSchema = z.object({
  sys_id: sysIdSchema,
  number: z.string().min(1),
  sys_updated_on: instantSchema,
})

// Taken for granted of somebody of whom we may not read it.
const activeSchema = z
  .enum(['true', 'false'])
  .default('true')
  .transform((value) => value === 'true')

export const userSchema = z.object({
  sys_id: sysIdSchema,
  user_name: z.string().default(''),
  name: z.string().default(''),
  email: z.string().default(''),
  active: activeSchema,
})
export type UserRecord = z.output<typeof userSchema>

export const groupSchema = z.object({
  sys_id: sysIdSchema,
  name: z.string(),
  active: activeSchema,
})

export const choiceSchema = z.object({
  value: z.string(),
  label: z.string(),
  name: z.string(),
  sequence: z.string().default(''),
})

export const columnSchema = z.object({
  element: z.string(),
  column_label: z.string().default(''),
  max_length: z.string().default(''),
  mandatory: z.string().default('false'),
  default_value: z.string().default(''),
})
export type ColumnRecord = z.output<typeof columnSchema>

export const journalEntrySchema = z.object({
  sys_id: sysIdSchema,
  value: z.string(),
  sys_created_on: instantSchema,
})

export const auditSchema = z.object({
  fieldname: z.string(),
  newvalue: z.string().default(''),
  user: z.string().default(''),
  record_checkpoint: countSchema,
})
export type AuditRecord = z.output<typeof auditSchema>

export const tokenSchema = z.object({ access_token: z.string().regex(/^[\x21-\x7e]+$/u) })

export const errorSchema = z.object({
  error: z.object({ message: z.string().nullish(), detail: z.string().nullish() }),
})

/** As the token endpoint refuses. */
export const tokenErrorSchema = z.object({ error: z.string(), error_description: z.string().nullish() })

export const webhookSchema = z.object({
  sys_id: sysIdSchema,
  number: z.string().regex(/^[A-Za-z0-9]{1,40}$/u),
  sys_mod_count: z.union([z.string(), z.number()]).transform(String).nullish(),
})
