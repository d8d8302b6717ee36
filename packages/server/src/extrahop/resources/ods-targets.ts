import { streamKinds, type StreamKind } from '@tripline/core'
import { z } from 'zod'
import {
  createOdsTarget,
  deleteOdsTarget,
  getOdsTarget,
  listOdsTargets,
  odsTargetBodySchema,
  odsTargetSchema,
} from '../../streams/ods-targets.ts'
import { API_ROOT } from '../paths.ts'
import { createdAnswer, noContent, okAnswer } from '../rest-answers.ts'
import type { RestDeps } from '../rest-deps.ts'
import { restRoute, type RestRoute } from '../rest-route.ts'

const PATH = '/odstargets'
const permission = 'manage_connections'
const refusals = { 404: 'There is no such target.' } as const

/** Targets of open data streams, by kind and name. */
export function odsTargetRoutes({ streams }: RestDeps): readonly RestRoute[] {
  return [
    restRoute({
      method: 'GET',
      path: PATH,
      summary: 'Every target of open data streams.',
      permission,
      answer: { status: 200, schema: z.array(odsTargetSchema) },
      async handle() {
        return okAnswer(await listOdsTargets(streams, null))
      },
    }),
    ...streamKinds.flatMap((kind) => routesOfKind(streams, kind)),
  ]
}

function routesOfKind(streams: RestDeps['streams'], kind: StreamKind): readonly RestRoute[] {
  const path = `${PATH}/${kind}` as const
  return [
    restRoute({
      method: 'GET',
      path,
      summary: `Every ${kind} target.`,
      permission,
      answer: { status: 200, schema: z.array(odsTargetSchema) },
      async handle() {
        return okAnswer(await listOdsTargets(streams, kind))
      },
    }),
    restRoute({
      method: 'POST',
      path,
      summary: `Makes a ${kind} target; its name is that of its path.`,
      permission,
      body: odsTargetBodySchema,
      answer: { status: 201 },
      refusals: { 422: 'The settings cannot be.' },
      async handle({ body, origin }) {
        const { name } = await createOdsTarget(streams, kind, body, origin)
        return createdAnswer(`${API_ROOT}${path}/${encodeURIComponent(name)}`)
      },
    }),
    restRoute({
      method: 'GET',
      path: `${path}/:name`,
      summary: `One ${kind} target, without its secrets.`,
      permission,
      answer: { status: 200, schema: odsTargetSchema },
      refusals,
      async handle({ params }) {
        return okAnswer(await getOdsTarget(streams, kind, params['name'] ?? ''))
      },
    }),
    restRoute({
      method: 'DELETE',
      path: `${path}/:name`,
      summary: `Deletes a ${kind} target, with everything that waits for it.`,
      permission,
      answer: { status: 204 },
      refusals,
      async handle({ params, origin }) {
        await deleteOdsTarget(streams, kind, params['name'] ?? '', origin)
        return noContent
      },
    }),
  ]
}
