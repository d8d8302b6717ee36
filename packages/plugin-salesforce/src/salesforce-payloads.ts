import { z } from 'zod'
import { toLongId } from './record-id.ts'

// What is read of Salesforce's answers, and nothing more.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/
// https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_case.htm

const idSchema = z
  .string()
  .refine((value) => toLongId(value) !== null)
  .transform((value) => toLongId(value) ?? value)

// Zones come without a colon, which is not ISO 8601's extended form.
const instantSchema = z
  .string()
  .transform((value) => new Date(value.replace(/([+-]\d\d)(\d\d)$/u, '$1:$2')))
  .refine((value) => !Number.isNaN(value.getTime()))

/** https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flows.htm */
export const tokenSchema = z.object({
  access_token: z.string().min(1),
  instance_url: z.url({ protocol: /^https?$/u }),
  // https://login.salesforce.com/id/<organisation>/<user>
  id: z.string().transform((value, context) => {
    const [organizationId, userId] = value.split('/').slice(-2).map(toLongId)
    if (organizationId && userId) return { organizationId, userId }
    context.addIssue({ code: 'custom', message: 'is no identity URL' })
    return z.NEVER
  }),
})

/** https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm */
export const errorsSchema = z.array(
  z.object({
    errorCode: z.string().optional(),
    message: z.string(),
    fields: z.array(z.string()).optional(),
  }),
)
export const tokenErrorSchema = z.object({ error: z.string(), error_description: z.string().optional() })

export const savedSchema = z.object({ id: idSchema, success: z.literal(true) })

const ownerSchema = z.object({ Name: z.string().nullish(), Username: z.string().nullish() }).nullish()

/** The fields that are read of every case, besides the custom ones of the settings. */
export const caseFields = [
  'Id',
  'CaseNumber',
  'Subject',
  'Description',
  'Status',
  'IsClosed',
  'Priority',
  'OwnerId',
  'Owner.Name',
  'Owner.Username',
  'LastModifiedDate',
  'SystemModstamp',
] as const

// Loose: the custom fields are named by the settings.
export const caseSchema = z.looseObject({
  Id: idSchema,
  CaseNumber: z.string(),
  Subject: z.string().nullish(),
  Description: z.string().nullish(),
  Status: z.string(),
  IsClosed: z.boolean(),
  Priority: z.string().nullish(),
  OwnerId: idSchema,
  Owner: ownerSchema,
  LastModifiedDate: instantSchema,
  SystemModstamp: instantSchema,
})
export type CaseRecord = z.output<typeof caseSchema>

export const changedCaseSchema = z.object({
  Id: idSchema,
  CaseNumber: z.string(),
  SystemModstamp: instantSchema,
})

// The API name may be empty where nobody ever renamed the label.
export const caseStatusSchema = z
  .object({
    ApiName: z.string().nullish(),
    MasterLabel: z.string().nullish(),
    IsClosed: z.boolean(),
    IsDefault: z.boolean(),
  })
  .transform(({ ApiName, MasterLabel, ...status }) => ({ ...status, ApiName: ApiName ?? MasterLabel ?? '' }))
export type CaseStatus = z.output<typeof caseStatusSchema>

export const historySchema = z.object({
  Field: z.string(),
  OldValue: z.unknown(),
  NewValue: z.unknown(),
  CreatedById: idSchema,
  CreatedBy: z.object({ Name: z.string().nullish(), Username: z.string().nullish() }).nullish(),
  CreatedDate: instantSchema,
})
export type HistoryRecord = z.output<typeof historySchema>

export const caseCommentSchema = z.object({
  Id: z.string(),
  CommentBody: z.string().nullish(),
  CreatedDate: instantSchema,
})
export const feedItemSchema = z.object({
  Id: z.string(),
  Body: z.string().nullish(),
  CreatedDate: instantSchema,
})
export const linkPostSchema = z.object({ Id: z.string(), LinkUrl: z.string().nullish() })
export const createdAtSchema = z.object({ CreatedDate: instantSchema })

export const userSchema = z.object({
  Id: idSchema,
  Username: z.string(),
  Email: z.string().nullish(),
  Name: z.string().nullish(),
  IsActive: z.boolean(),
})
export type UserRecord = z.output<typeof userSchema>
export const queueSchema = z.object({ QueueId: idSchema, Queue: z.object({ Name: z.string() }) })

export const organizationSchema = z.object({
  Name: z.string(),
  OrganizationType: z.string().nullish(),
  IsSandbox: z.boolean().nullish(),
})

export const versionsSchema = z.array(z.object({ version: z.string() }))

const picklistValueSchema = z.object({
  value: z.string(),
  label: z.string().nullish(),
  active: z.boolean(),
})
const fieldSchema = z.object({
  name: z.string(),
  label: z.string(),
  type: z.string(),
  length: z.int().optional(),
  createable: z.boolean(),
  updateable: z.boolean(),
  nillable: z.boolean(),
  defaultedOnCreate: z.boolean(),
  externalId: z.boolean().optional(),
  unique: z.boolean().optional(),
  picklistValues: z.array(picklistValueSchema).optional(),
})
export type DescribedField = z.output<typeof fieldSchema>
export const describeSchema = z.object({
  createable: z.boolean(),
  updateable: z.boolean(),
  queryable: z.boolean(),
  fields: z.array(fieldSchema),
  recordTypeInfos: z
    .array(z.object({ recordTypeId: z.string(), name: z.string(), available: z.boolean() }))
    .optional(),
})
export type DescribedObject = z.output<typeof describeSchema>

/** One page of a query's answer; the rows are parsed by whoever asked. */
export const pageSchema = z.object({
  records: z.array(z.unknown()),
  done: z.boolean(),
  nextRecordsUrl: z.string().optional(),
})

export const channelMemberSchema = z.object({ SelectedEntity: z.string() })
