import { addNote } from '../detections/notes.ts'
import { builder } from './builder.ts'
import { noteVisibilityEnum, plain } from './enums.ts'
import { expectedErrorRef, expecting, failed, type Payload } from './expected-errors.ts'
import { actorKindOf, originOf } from './origin.ts'
import { detectionRef, noteRef } from './refs.ts'
import { loadRow } from './rows.ts'

const payloadRef = builder
  .objectRef<Payload<{ noteId: string; detectionId: string }>>('AddDetectionNotePayload')
  .implement({
    fields: (t) => ({
      note: t.field({
        type: noteRef,
        nullable: true,
        resolve: ({ noteId }, _, context, info) => loadRow('DetectionNote', noteId, context, info),
      }),
      detection: t.field({
        type: detectionRef,
        nullable: true,
        resolve: ({ detectionId }, _, context, info) => loadRow('Detection', detectionId, context, info),
      }),
      error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
    }),
  })

const input = builder.inputType('AddDetectionNoteInput', {
  fields: (t) => ({
    detectionId: t.field({ type: 'DetectionId', required: true }),
    text: t.string({ required: true, description: 'Markdown.' }),
    visibility: t.field({ type: noteVisibilityEnum, required: true, defaultValue: 'INTERNAL' }),
  }),
})

builder.mutationField('addDetectionNote', (t) =>
  t.field({
    type: payloadRef,
    permission: 'track',
    args: { input: t.arg({ type: input, required: true }) },
    resolve: (_, { input: { detectionId, text, visibility } }, context) =>
      expecting(async () => {
        const note = { detectionId, text, visibility: plain(visibility) }
        const noteId = await addNote(context.deps.database, note, actorKindOf(context), originOf(context))
        return { noteId, detectionId }
      }),
  }),
)
