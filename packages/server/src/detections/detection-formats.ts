import { sql } from 'kysely'
import { InvalidInput, NotFound, schemaIssues } from '@tripline/core'
import { z } from 'zod'
import type { Database } from '../database/client.ts'
import { recordEvents, type ChangeOrigin } from '../ledger/ledger.ts'

/** A kind of detections. */
export interface DetectionFormatEntry {
  readonly type: string
  readonly displayName: string
  /** Dotted names. */
  readonly categories: readonly string[]
  /** Ids of MITRE techniques. */
  readonly mitreCategories: readonly string[]
  readonly author: string | null
  /** Made over the API; else it is known from the detections there are. */
  readonly isUserCreated: boolean
  readonly updatedAt: Date | null
}

const WHAT = 'detection format'

const line = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(300)
  .regex(/^\P{Cc}*$/u, 'must be one line')

const contentSchema = z.object({
  displayName: line,
  author: line.nullable().default(null),
  /** One; the category above it is added. */
  categories: z
    .array(
      z.string().regex(/^(?:sec|perf)(?:\.[a-z_]+)?$/u, 'must be sec, perf, or a category below one of them'),
    )
    .max(1, 'can be one category only')
    .default([]),
  mitreCategories: z.array(line).max(100).default([]),
})

const newFormatSchema = contentSchema.extend({
  type: z
    .string()
    .max(300)
    .regex(/^[A-Za-z0-9_]+$/u, 'must consist of letters, digits and underscores'),
})

/** Every kind: those that were made over the API, then those of the detections there are, in order of their names. */
export async function listDetectionFormats(database: Database): Promise<readonly DetectionFormatEntry[]> {
  return [...(await customFormats(database, null)), ...(await knownFormats(database))]
}

/** @throws NotFound */
export async function getDetectionFormat(
  database: Database,
  type: string,
  { builtInOnly }: { readonly builtInOnly: boolean },
): Promise<DetectionFormatEntry> {
  const custom = builtInOnly ? [] : await customFormats(database, type)
  const [format] =
    custom.length > 0 ? custom : (await knownFormats(database)).filter((each) => each.type === type)
  if (format === undefined) throw new NotFound(WHAT, type)
  return format
}

/** @throws InvalidInput, also when there is one of this type already */
export async function createDetectionFormat(
  database: Database,
  input: unknown,
  origin: ChangeOrigin,
): Promise<string> {
  const { type, ...content } = parsed(newFormatSchema, input)
  await database.transaction().execute(async (transaction) => {
    const inserted = await transaction
      .insertInto('detection_formats')
      .values({ type, ...toColumns(content) })
      .onConflict((conflict) => conflict.column('type').doNothing())
      .returning('type')
      .executeTakeFirst()
    if (inserted === undefined) throw refusal('type', `There is a detection format ${type} already`)
    const change = { type, change: 'created' as const }
    await recordEvents(transaction, [{ kind: 'DETECTION_FORMAT_CHANGED', detectionId: null, change }], origin)
  })
  return type
}

/**
 * Changes a kind that was made over the API. An absent member is unchanged.
 *
 * @throws NotFound, InvalidInput
 */
export async function updateDetectionFormat(
  database: Database,
  type: string,
  patch: object,
  origin: ChangeOrigin,
): Promise<void> {
  await requireCustom(database, type)
  await database.transaction().execute(async (transaction) => {
    const row = await transaction
      .selectFrom('detection_formats')
      .selectAll()
      .where('type', '=', type)
      .forUpdate()
      .executeTakeFirst()
    if (row === undefined) throw new NotFound(WHAT, type)
    const before = {
      displayName: row.display_name,
      author: row.author,
      categories: row.categories.slice(-1),
      mitreCategories: row.mitre_categories,
    }
    const content = parsed(contentSchema, { ...before, ...patch })
    await transaction
      .updateTable('detection_formats')
      .set({ ...toColumns(content), updated_at: sql<Date>`clock_timestamp()` })
      .where('type', '=', type)
      .execute()
    const change = { type, change: 'updated' as const }
    await recordEvents(transaction, [{ kind: 'DETECTION_FORMAT_CHANGED', detectionId: null, change }], origin)
  })
}

/** @throws NotFound, InvalidInput for one that is known from detections only */
export async function deleteDetectionFormat(
  database: Database,
  type: string,
  origin: ChangeOrigin,
): Promise<void> {
  await requireCustom(database, type)
  await database.transaction().execute(async (transaction) => {
    await transaction.deleteFrom('detection_formats').where('type', '=', type).execute()
    const change = { type, change: 'deleted' as const }
    await recordEvents(transaction, [{ kind: 'DETECTION_FORMAT_CHANGED', detectionId: null, change }], origin)
  })
}

async function requireCustom(database: Database, type: string): Promise<void> {
  const { isUserCreated } = await getDetectionFormat(database, type, { builtInOnly: false })
  if (!isUserCreated) throw refusal('type', `${type} is not a format of yours, so it cannot be changed`)
}

async function customFormats(
  database: Database,
  type: string | null,
): Promise<readonly DetectionFormatEntry[]> {
  const rows = await database
    .selectFrom('detection_formats')
    .selectAll()
    .$if(type !== null, (query) => query.where('type', '=', type ?? ''))
    .orderBy('type')
    .execute()
  return rows.map((row) => ({
    type: row.type,
    displayName: row.display_name,
    categories: row.categories,
    mitreCategories: row.mitre_categories,
    author: row.author,
    isUserCreated: true,
    updatedAt: row.updated_at,
  }))
}

/** The kinds of the detections there are, each with the words of its latest, from one look into the index for each. */
async function knownFormats(database: Database): Promise<readonly DetectionFormatEntry[]> {
  const { rows } = await sql<{ type: string; title: string; categories: string[]; techniques: string[] }>`
    with recursive kinds as (
      (select type from detections order by type limit 1)
      union all
      select (select d.type from detections d where d.type > kinds.type order by d.type limit 1)
      from kinds where kinds.type is not null
    )
    select kinds.type, latest.title, latest.categories,
      array(select jsonb_array_elements(latest.mitre_techniques) ->> 'id') as techniques
    from kinds cross join lateral (
      select * from detections d where d.type = kinds.type order by d.update_time desc limit 1
    ) latest
    where kinds.type is not null`.execute(database)
  return rows.map((row) => ({
    type: row.type,
    displayName: row.title,
    categories: row.categories,
    mitreCategories: row.techniques,
    author: null,
    isUserCreated: false,
    updatedAt: null,
  }))
}

function toColumns({ displayName, author, categories, mitreCategories }: z.output<typeof contentSchema>): {
  readonly display_name: string
  readonly author: string | null
  readonly categories: string[]
  readonly mitre_categories: string[]
} {
  const withAbove = categories.flatMap((category) => [category.split('.', 1)[0] ?? category, category])
  return {
    display_name: displayName,
    author,
    categories: [...new Set(withAbove)],
    mitre_categories: mitreCategories,
  }
}

function parsed<Output>(schema: z.ZodType<Output>, input: unknown): Output {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const issues = schemaIssues(result.error)
  const words = issues.map(({ path, message }) => `${path} ${message}`).join('; ')
  throw new InvalidInput(`The detection format cannot be taken: ${words}.`, issues)
}

function refusal(path: string, message: string): InvalidInput {
  return new InvalidInput(`${message}.`, [{ path, message }])
}
