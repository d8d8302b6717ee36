import { z } from 'zod'
import {
  createDetectionFormat,
  deleteDetectionFormat,
  getDetectionFormat,
  listDetectionFormats,
  updateDetectionFormat,
  type DetectionFormatEntry,
} from '../../detections/detection-formats.ts'
import { API_ROOT } from '../paths.ts'
import { createdAnswer, noContent, okAnswer } from '../rest-answers.ts'
import type { RestDeps } from '../rest-deps.ts'
import { restRoute, type RestRoute } from '../rest-route.ts'

const formatSchema = z
  .strictObject({
    type: z.string(),
    display_name: z.string(),
    categories: z.array(z.string()),
    mitre_categories: z.array(z.string()),
    author: z.string().nullable(),
    is_user_created: z.boolean(),
    status: z.enum(['active', 'inactive', 'in_review']),
    released: z.int().nullable(),
    last_updated: z.int().nullable(),
    properties: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'DetectionFormat' })

const changeable = {
  author: z.string().nullable().optional(),
  categories: z.array(z.string()).optional().describe('One; sec or perf is added.'),
  mitre_categories: z.array(z.string()).optional(),
}
const createSchema = z.object({ type: z.string(), display_name: z.string(), ...changeable })
const updateSchema = z.object({ display_name: z.string().optional(), ...changeable })

/** The catalogue of kinds of detections. */
export function detectionFormatRoutes({ database }: RestDeps): readonly RestRoute[] {
  return [
    restRoute({
      method: 'GET',
      path: '/detections/formats',
      summary: 'Every kind: those made here, and those of the detections there are.',
      permission: 'read',
      answer: { status: 200, schema: z.array(formatSchema) },
      async handle() {
        return okAnswer((await listDetectionFormats(database)).map(toJson))
      },
    }),
    restRoute({
      method: 'POST',
      path: '/detections/formats',
      summary: 'Makes a kind.',
      permission: 'manage_settings',
      body: createSchema,
      answer: { status: 201 },
      refusals: { 422: 'The values cannot be, or there is one of this type.' },
      async handle({ body, origin }) {
        const type = await createDetectionFormat(database, { type: body.type, ...toChange(body) }, origin)
        return createdAnswer(`${API_ROOT}/detections/formats/${type}`)
      },
    }),
    restRoute({
      method: 'GET',
      path: '/detections/formats/:id',
      summary: 'One kind; of one made here and one that detections have, the former.',
      permission: 'read',
      query: z.object({ built_in_only: z.stringbool().optional() }),
      answer: { status: 200, schema: formatSchema },
      refusals: { 404: 'There is no such kind.' },
      async handle({ params, query }) {
        const builtInOnly = query.built_in_only === true
        return okAnswer(toJson(await getDetectionFormat(database, params['id'] ?? '', { builtInOnly })))
      },
    }),
    restRoute({
      method: 'PATCH',
      path: '/detections/formats/:id',
      summary: 'Changes a kind that was made here.',
      permission: 'manage_settings',
      body: updateSchema,
      answer: { status: 204 },
      refusals: { 404: 'There is no such kind.', 422: 'The values cannot be, or it was not made here.' },
      async handle({ params, body, origin }) {
        await updateDetectionFormat(database, params['id'] ?? '', toChange(body), origin)
        return noContent
      },
    }),
    restRoute({
      method: 'DELETE',
      path: '/detections/formats/:id',
      summary: 'Removes a kind that was made here.',
      permission: 'manage_settings',
      answer: { status: 204 },
      refusals: { 404: 'There is no such kind.', 422: 'It was not made here.' },
      async handle({ params, origin }) {
        await deleteDetectionFormat(database, params['id'] ?? '', origin)
        return noContent
      },
    }),
  ]
}

function toChange(body: z.output<typeof updateSchema>): object {
  return {
    ...(body.display_name === undefined ? {} : { displayName: body.display_name }),
    ...(body.author === undefined ? {} : { author: body.author }),
    ...(body.categories === undefined ? {} : { categories: body.categories }),
    ...(body.mitre_categories === undefined ? {} : { mitreCategories: body.mitre_categories }),
  }
}

function toJson(format: DetectionFormatEntry): z.input<typeof formatSchema> {
  return {
    type: format.type,
    display_name: format.displayName,
    categories: [...format.categories],
    mitre_categories: [...format.mitreCategories],
    author: format.author,
    is_user_created: format.isUserCreated,
    status: 'active',
    released: null,
    last_updated: format.updatedAt?.getTime() ?? null,
    properties: {},
  }
}
