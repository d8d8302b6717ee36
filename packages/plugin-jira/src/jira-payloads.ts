import { z } from 'zod'

// What is read of Jira's answers, and nothing more: REST API 3 of Cloud and REST API 2 of Data Center.
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/
// https://developer.atlassian.com/server/jira/platform/rest/v10003/

export const userSchema = z.object({
  accountId: z.string().optional(),
  name: z.string().optional(),
  displayName: z.string().optional(),
  emailAddress: z.string().nullish(),
  active: z.boolean().optional(),
})
export type JiraUser = z.output<typeof userSchema>
export const usersSchema = z.array(userSchema)

const namedSchema = z.object({ id: z.string(), name: z.string() })

const statusSchema = namedSchema.extend({
  statusCategory: z.object({ key: z.string() }),
})
export type JiraStatus = z.output<typeof statusSchema>

/** The fields asked for with every issue. */
export const issueFields = [
  'summary',
  'description',
  'status',
  'resolution',
  'assignee',
  'priority',
  'labels',
  'project',
  'updated',
] as const

// In a path any other id would address something else.
const issueIdSchema = z.string().regex(/^\d{1,19}$/u)

const transitionSchema = z.object({
  id: z.string(),
  name: z.string(),
  to: statusSchema,
  isAvailable: z.boolean().optional(),
  fields: z
    .record(
      z.string(),
      z.object({
        required: z.boolean().optional(),
        hasDefaultValue: z.boolean().optional(),
        name: z.string().optional(),
      }),
    )
    .optional(),
})
export type JiraTransition = z.output<typeof transitionSchema>
export const transitionsSchema = z.object({ transitions: z.array(transitionSchema) })

// As a record, since an item without its member `toString` would seem to have the one that every object has.
const changeItemSchema = z.record(z.string(), z.unknown()).transform((item) => {
  const text = (name: string): string | null => {
    const value = Object.hasOwn(item, name) ? item[name] : null
    return typeof value === 'string' ? value : null
  }
  return {
    // Data Center names no field ids, and calls the fields that are read here by them.
    field: text('fieldId') ?? text('field') ?? '',
    from: { id: text('from'), text: text('fromString') },
    to: { id: text('to'), text: text('toString') },
  }
})
export type JiraChangeItem = z.output<typeof changeItemSchema>

const historySchema = z.object({
  id: z.string(),
  // Absent where the account was deleted, or no account was at work.
  author: userSchema.nullish(),
  created: z.string(),
  items: z.array(changeItemSchema),
})
export type JiraHistory = z.output<typeof historySchema>

export const issueSchema = z.object({
  id: issueIdSchema,
  key: z.string(),
  fields: z.object({
    summary: z.string().nullish(),
    description: z.unknown(),
    status: statusSchema,
    resolution: namedSchema.nullish(),
    assignee: userSchema.nullish(),
    priority: namedSchema.nullish(),
    labels: z.array(z.string()).nullish(),
    project: z.object({ key: z.string() }),
    updated: z.string(),
  }),
  properties: z.record(z.string(), z.unknown()).optional(),
  transitions: z.array(transitionSchema).optional(),
  changelog: z.object({ histories: z.array(historySchema) }).optional(),
})
export type JiraIssue = z.output<typeof issueSchema>

export const createdSchema = z.object({ id: issueIdSchema, key: z.string() })

const hitSchema = z.object({ id: issueIdSchema, key: z.string() })
export const tokenPageSchema = z.object({
  issues: z.array(hitSchema),
  nextPageToken: z.string().nullish(),
})
export const countedPageSchema = z.object({ issues: z.array(hitSchema), total: z.int() })

export const commentSchema = z.object({ id: z.string(), body: z.unknown(), created: z.string() })
export const commentsSchema = z.object({ comments: z.array(commentSchema), total: z.int() })

export const serverInfoSchema = z.object({
  version: z.string(),
  deploymentType: z.string().optional(),
  serverTitle: z.string().optional(),
})

export const permissionsSchema = z.object({
  permissions: z.record(z.string(), z.object({ havePermission: z.boolean() })),
})

export const projectSchema = z.object({ key: z.string(), name: z.string().optional() })

export const projectStatusesSchema = z.array(namedSchema.extend({ statuses: z.array(statusSchema) }))

export const namedListSchema = z.array(namedSchema)

// Cloud names the list after its content, Data Center calls every page's list `values`.
export const issueTypesSchema = z
  .object({ issueTypes: z.array(namedSchema).optional(), values: z.array(namedSchema).optional() })
  .transform(({ issueTypes, values }) => issueTypes ?? values ?? [])

const createFieldSchema = z.object({
  fieldId: z.string(),
  name: z.string(),
  required: z.boolean(),
  hasDefaultValue: z.boolean().optional(),
})
export type JiraCreateField = z.output<typeof createFieldSchema>
export const createFieldsSchema = z
  .object({ fields: z.array(createFieldSchema).optional(), values: z.array(createFieldSchema).optional() })
  .transform(({ fields, values }) => fields ?? values ?? [])

/** https://confluence.atlassian.com/enterprise/using-personal-access-tokens-1026032365.html */
export const tokensSchema = z.array(
  z.object({
    name: z.string(),
    /** `null`: it does not expire. */
    expiringAt: z.string().nullish(),
  }),
)
export type JiraToken = z.output<typeof tokensSchema>[number]

export const webhookSchema = z.object({
  webhookEvent: z.string(),
  issue: z
    .object({
      // Some events carry the id as a number.
      id: z.union([z.string(), z.int()]).transform(String).pipe(issueIdSchema),
      key: z.string(),
    })
    .optional(),
})

/** https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/#status-codes */
export const errorCollectionSchema = z.object({
  errorMessages: z.array(z.string()).optional(),
  warningMessages: z.array(z.string()).optional(),
  errors: z.record(z.string(), z.string()).optional(),
})
