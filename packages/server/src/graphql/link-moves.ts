import {
  listLinkMoves,
  previewLinkMove,
  startLinkMove,
  stopLinkMove,
  type LinkMove,
  type LinkMovePlan,
  type LinkMovePreview,
} from '../tracking/link-moves.ts'
import { builder } from './builder.ts'
import { expectedErrorRef, expecting, failed, type Payload } from './expected-errors.ts'
import { originOf } from './origin.ts'
import { connectionIdOf } from './ticketing-connections.ts'

const SHOWN = 50

const stateEnum = builder.enumType('TicketMoveState', {
  values: ['RUNNING', 'DONE', 'STOPPED'] as const,
})

const moveRef = builder.objectRef<LinkMove>('TicketMove').implement({
  description: 'A move of the tickets of one connection to another.',
  fields: (t) => ({
    id: t.id({ resolve: ({ moveId }) => moveId }),
    from: t.exposeString('from', { description: 'The name of the connection whose tickets are left.' }),
    to: t.exposeString('to', { description: 'The name of the connection where tickets are created.' }),
    state: t.field({
      type: stateEnum,
      resolve: ({ state }) => state.toUpperCase() as Uppercase<typeof state>,
    }),
    moved: t.exposeInt('moved', { description: 'How many links were moved.' }),
    left: t.exposeInt('left', { description: 'How many are still to be moved; 0 when it is over.' }),
    startedBy: t.exposeString('startedBy'),
    startedAt: t.field({ type: 'DateTime', resolve: ({ startedAt }) => startedAt }),
    finishedAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ finishedAt }) => finishedAt }),
  }),
})

const previewRef = builder.objectRef<LinkMovePreview>('TicketMovePreview').implement({
  description: 'What a move does, counted before it begins.',
  fields: (t) => ({
    links: t.exposeInt('links', { description: 'Links that are moved.' }),
    alreadyThere: t.exposeInt('alreadyThere', {
      description: 'Of them, those whose detection has a ticket there already: no other is created.',
    }),
    closedLeft: t.exposeInt('closedLeft', {
      description: 'Links that stay, because their detection is closed.',
    }),
  }),
})

const movedRef = builder
  .objectRef<Payload<{ preview: LinkMovePreview; move: LinkMove | null }>>('MoveTicketsPayload')
  .implement({
    fields: (t) => ({
      preview: t.field({ type: previewRef, nullable: true, resolve: ({ preview }) => preview ?? null }),
      move: t.field({
        type: moveRef,
        nullable: true,
        description: 'null after a dry run.',
        resolve: ({ move }) => move ?? null,
      }),
      error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
    }),
  })

const stoppedRef = builder.objectRef<Payload<{ move: LinkMove }>>('StopTicketMovePayload').implement({
  fields: (t) => ({
    move: t.field({ type: moveRef, nullable: true, resolve: ({ move }) => move ?? null }),
    error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
  }),
})

const moveInput = builder.inputType('MoveTicketsInput', {
  fields: (t) => ({
    fromConnectionId: t.id({ required: true }),
    toConnectionId: t.id({ required: true }),
    includeClosed: t.boolean({
      required: true,
      defaultValue: false,
      description: 'Move the tickets of closed detections too.',
    }),
    readFirst: t.boolean({
      required: true,
      defaultValue: true,
      description:
        'Read each ticket once more before it is left, so that no change made there is lost. Not possible with a system that does not answer any more.',
    }),
    dryRun: t.boolean({ required: true, defaultValue: false, description: 'Only say what would happen.' }),
  }),
})

builder.queryField('ticketMoves', (t) =>
  t.field({
    type: [moveRef],
    permission: 'manage_connections',
    description: `The latest ${SHOWN} moves, newest first.`,
    resolve: (_, _args, { deps }) => listLinkMoves(deps.database, SHOWN),
  }),
)

builder.mutationField('moveTickets', (t) =>
  t.field({
    type: movedRef,
    permission: 'manage_connections',
    description:
      'Moves to another ticketing system: the tickets of one connection are not followed any more, and tickets that name them are created on another. Goes on in the background, across restarts, until none is left.',
    args: { input: t.arg({ type: moveInput, required: true }) },
    resolve: (_, { input }, context) =>
      expecting(async () => {
        const { database } = context.deps
        const plan: LinkMovePlan = {
          fromConnectionId: connectionIdOf(input.fromConnectionId),
          toConnectionId: connectionIdOf(input.toConnectionId),
          includeClosed: input.includeClosed,
          readFirst: input.readFirst,
        }
        const preview = await previewLinkMove(database, plan)
        return { preview, move: input.dryRun ? null : await startLinkMove(database, plan, originOf(context)) }
      }),
  }),
)

builder.mutationField('stopTicketMove', (t) =>
  t.field({
    type: stoppedRef,
    permission: 'manage_connections',
    description: 'Ends a move. What was moved stays moved; moving again goes on with the rest.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, context) =>
      expecting(async () => ({
        move: await stopLinkMove(context.deps.database, String(id), originOf(context)),
      })),
  }),
)
