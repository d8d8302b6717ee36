import { DetectionNotFound } from '@tripline/core'
import sql from 'sql-template-tag'
import { z } from 'zod'
import { amendDetection } from '../../detections/amend-detection.ts'
import { exactInteger } from '../../formats/exact-integer.ts'
import { loadDetections } from '../detection-json.ts'
import { detectionIdOnlySchema, detectionSchema } from '../detection-schema.ts'
import { detectionIdIn } from '../path-ids.ts'
import { noContent, okAnswer } from '../rest-answers.ts'
import type { RestDeps } from '../rest-deps.ts'
import { restRoute, type RestRoute } from '../rest-route.ts'
import { searchBodySchema } from '../search-body.ts'
import { searchSql, toInstant, toUntil, withinSql } from '../search-sql.ts'
import { toTrackingChange, trackingBodyShape } from '../tracking-body.ts'

const LOADED_AT_ONCE = 500
const MOST_RELATED = 1_000

const names = z.array(z.string().min(1).max(200)).max(100).optional()
const updateSchema = z.object({
  ...trackingBodyShape,
  ticket_id: z.string().min(1).nullable().optional(),
  participants: z
    .array(z.object({ id: z.int(), usernames: names, origins: names }))
    .max(1_000)
    .nullable()
    .optional()
    .describe('Participants that the detection has; none can be added.'),
})

// By its digits, because an empty parameter would be the number 0.
const wholeNumber = z
  .string()
  .regex(/^-?\d+$/u, 'has to be a whole number')
  .transform(Number)
  .pipe(z.int())

/** Detections: read, searched and tracked. */
export function detectionRoutes({ database, now }: RestDeps): readonly RestRoute[] {
  async function findIds(query: ReturnType<typeof sql>): Promise<readonly string[]> {
    const { rows } = await database.pool.query<{ detection_id: string }>(query)
    return rows.map(({ detection_id: id }) => id)
  }

  async function requireDetection(id: string): Promise<void> {
    const found = await findIds(sql`select detection_id from detections where detection_id = ${id}::bigint`)
    if (found.length === 0) throw new DetectionNotFound(id)
  }

  /** The text of an array, made while it is sent, so that it is never in memory whole. */
  async function* listText(ids: readonly string[], baseUrl: string): AsyncGenerator<string> {
    let before = '['
    for (let start = 0; start < ids.length; start += LOADED_AT_ONCE) {
      const part = await loadDetections(database.pool, ids.slice(start, start + LOADED_AT_ONCE), baseUrl)
      for (const detection of part) {
        yield before + JSON.stringify(detection)
        before = ','
      }
    }
    yield before === '[' ? '[]' : ']'
  }

  return [
    restRoute({
      method: 'GET',
      path: '/detections',
      summary: 'The detections that were updated last.',
      permission: 'read',
      query: z.object({ limit: wholeNumber.pipe(z.int().min(0).max(20_000)).optional() }),
      answer: { status: 200, schema: z.array(detectionSchema) },
      refusals: { 400: 'The limit is not a number that can be.' },
      async handle({ query: { limit }, principal, baseUrl }) {
        const ids = await findIds(searchSql({ limit }, principal, now()))
        return { status: 200, body: listText(ids, baseUrl) }
      },
    }),
    restRoute({
      method: 'POST',
      path: '/detections/search',
      summary: 'The detections that match, hidden ones left out; by default those updated last come first.',
      permission: 'read',
      body: searchBodySchema,
      invalidBody: 400,
      answer: { status: 200, schema: z.array(z.union([detectionSchema, detectionIdOnlySchema])) },
      refusals: { 400: 'The criteria cannot be searched by.' },
      async handle({ body, principal, baseUrl }) {
        const ids = await findIds(searchSql(body, principal, now()))
        if (body.id_only !== true) return { status: 200, body: listText(ids, baseUrl) }
        return okAnswer(ids.map((id) => ({ id: exactInteger(id) })))
      },
    }),
    restRoute({
      method: 'GET',
      path: '/detections/:id',
      summary: 'One detection, also when it is hidden.',
      permission: 'read',
      answer: { status: 200, schema: detectionSchema },
      refusals: { 404: 'There is no such detection.' },
      async handle({ params, baseUrl }) {
        const id = detectionIdIn(params)
        const [detection] = await loadDetections(database.pool, [id], baseUrl)
        if (detection === undefined) throw new DetectionNotFound(id)
        return okAnswer(detection)
      },
    }),
    restRoute({
      method: 'PATCH',
      path: '/detections/:id',
      summary: 'Tracks a detection: what is absent is unchanged, null removes.',
      permission: 'track',
      body: updateSchema,
      answer: { status: 204 },
      refusals: {
        404: 'There is no such detection.',
        422: 'The values cannot be, or the tracking mode does not allow them.',
      },
      async handle({ params, body, origin }) {
        const { participants, ...tracking } = body
        const amendment = { tracking: toTrackingChange(tracking), participants: participants ?? [] }
        await amendDetection(database, detectionIdIn(params), amendment, 'integration', origin)
        return noContent
      },
    }),
    restRoute({
      method: 'GET',
      path: '/detections/:id/related',
      summary: 'Detections of a time range in which an address or host of this one takes part.',
      permission: 'read',
      query: z.object({ from: wholeNumber, until: wholeNumber }),
      answer: { status: 200, schema: z.array(detectionSchema) },
      refusals: { 400: 'The time range is missing.', 404: 'There is no such detection.' },
      async handle({ params, query: { from, until }, baseUrl }) {
        const id = detectionIdIn(params)
        await requireDetection(id)
        const at = now()
        const ids = await findIds(sql`
          select d.detection_id
          from detections d, (select addresses, hostnames from detections where detection_id = ${id}::bigint) this
          where d.detection_id <> ${id}::bigint and d.hidden_by is null
            and (d.addresses && this.addresses or d.hostnames && this.hostnames)
            and ${withinSql(toInstant(from, at), toUntil(until, at), at)}
          order by d.update_time desc, d.detection_id limit ${MOST_RELATED}`)
        return { status: 200, body: listText(ids, baseUrl) }
      },
    }),
    restRoute({
      method: 'GET',
      path: '/detections/:id/investigations',
      summary: 'The investigations that a detection is in. Tripline has none, so it is in none.',
      permission: 'read',
      answer: { status: 200, schema: z.array(z.never()) },
      refusals: { 404: 'There is no such detection.' },
      async handle({ params }) {
        await requireDetection(detectionIdIn(params))
        return okAnswer([])
      },
    }),
  ]
}
