import { z } from 'zod'
import { getSingleNote, replaceSingleNote } from '../../detections/single-note.ts'
import { detectionIdIn } from '../path-ids.ts'
import { noContent, okAnswer } from '../rest-answers.ts'
import type { RestDeps } from '../rest-deps.ts'
import { restRoute, type RestRoute } from '../rest-route.ts'

const noteSchema = z
  .strictObject({
    author: z.string().nullable().describe('Who wrote last; null: there is no note.'),
    note: z.string().describe('Markdown; empty: there is no note.'),
    update_time: z.int().nullable(),
  })
  .meta({ id: 'DetectionNote' })

const refusals = { 404: 'There is no such detection.', 422: 'External tracking is off.' } as const

/** The notes of a detection, as one text. */
export function detectionNoteRoutes({ database }: RestDeps): readonly RestRoute[] {
  return [
    restRoute({
      method: 'GET',
      path: '/detections/:id/notes',
      summary: "A detection's notes as one text, oldest first.",
      permission: 'read',
      answer: { status: 200, schema: noteSchema },
      refusals,
      async handle({ params }) {
        const { author, text, updatedAt } = await getSingleNote(database, detectionIdIn(params))
        return okAnswer({ author, note: text, update_time: updatedAt?.getTime() ?? null })
      },
    }),
    restRoute({
      method: 'PUT',
      path: '/detections/:id/notes',
      summary: 'Replaces the text. What it was stays to be read in Tripline.',
      permission: 'track',
      body: z.object({ note: z.string() }),
      answer: { status: 204 },
      refusals,
      async handle({ params, body: { note }, origin }) {
        await replaceSingleNote(database, detectionIdIn(params), note, origin)
        return noContent
      },
    }),
    restRoute({
      method: 'DELETE',
      path: '/detections/:id/notes',
      summary: 'Leaves the detection without a text. What it was stays to be read in Tripline.',
      permission: 'track',
      answer: { status: 204 },
      refusals,
      async handle({ params, origin }) {
        await replaceSingleNote(database, detectionIdIn(params), '', origin)
        return noContent
      },
    }),
  ]
}
