import { detectionStatuses, resolutions } from '@tripline/core'
import { z } from 'zod'

/** What detections can be ordered by, in the words of the API. */
const sortFields = [
  'id',
  'start_time',
  'end_time',
  'create_time',
  'creation_time',
  'update_time',
  'mod_time',
  'risk_score',
] as const

/** The absence of a value, in a list of values. */
export const NONE = '.none'
/** Whoever asks, in a list of user names. */
export const ME = '.me'

/** Resolutions of later firmware; no detection has them here, so they hold for none. */
const laterResolutions = ['malicious_true_positive', 'benign_true_positive', 'false_positive'] as const

const LARGEST_PAGE = 20_000
const LARGEST_PAGE_OF_IDS = 1_000_000

const texts = z.array(z.string().min(1).max(500)).max(500).nullish()
const instant = z
  .int()
  .nullish()
  .describe('Milliseconds since 1970; a negative number: so many milliseconds ago.')

const filterSchema = z.object({
  status: z
    .array(z.enum([...detectionStatuses.filter((status) => status !== 'open'), NONE]))
    .nullish()
    .describe('.none: without a status, which is shown as Open.'),
  resolution: z.array(z.enum([...resolutions, ...laterResolutions, NONE])).nullish(),
  assignee: texts.describe('.none: nobody; .me: whoever asks.'),
  ticket_id: texts.describe('.none: without a ticket.'),
  categories: texts.describe('sec and perf stand for every category below them.'),
  category: z.string().min(1).max(500).nullish().meta({ deprecated: true }),
  types: texts,
  risk_score_min: z.int().nullish(),
  recommended: z.boolean().nullish(),
})

const sortSchema = z.object({
  field: z.enum(sortFields),
  direction: z.enum(['asc', 'desc']).nullish(),
})

const SORT_SHAPE =
  'takes {"field": ..., "direction": "asc" or "desc"}, or up to 20 of them in a list; fields are ' +
  sortFields.join(', ')

/** What is searched for. All members are optional, and null is as good as absent. */
export const searchBodySchema = z
  .object({
    filter: filterSchema.nullish(),
    from: instant.describe('Went on at this time or later.'),
    until: instant.describe('Ended before this time; 0: now. What is ongoing ends now.'),
    mod_time: instant,
    update_time: instant,
    create_time: instant,
    limit: z.int().min(0).max(LARGEST_PAGE_OF_IDS).nullish(),
    offset: z.int().min(0).nullish(),
    sort: z.union([z.array(sortSchema).max(20), sortSchema], { error: SORT_SHAPE }).nullish(),
    id_only: z.boolean().nullish(),
  })
  .refine(({ limit, id_only: idOnly }) => idOnly === true || (limit ?? 0) <= LARGEST_PAGE, {
    path: ['limit'],
    message: `can be at most ${LARGEST_PAGE}, and ${LARGEST_PAGE_OF_IDS} with id_only`,
  })

/** What is searched for. */
export type SearchBody = z.output<typeof searchBodySchema>
export type SearchFilter = z.output<typeof filterSchema>
export type SortKey = z.output<typeof sortSchema>
