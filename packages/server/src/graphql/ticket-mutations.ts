import { InvalidInput, type JsonValue } from '@tripline/core'
import {
  createTicket,
  linkTicket,
  previewTicket,
  resolveSyncConflict,
  retryTicketSync,
  unlinkTicket,
  type LinkDeps,
} from '../tracking/links.ts'
import { builder } from './builder.ts'
import type { GraphqlContext } from './context.ts'
import { plain, syncFieldEnum, syncSideEnum } from './enums.ts'
import { expectedErrorRef, expecting, failed, type Payload } from './expected-errors.ts'
import { ownId } from './node.ts'
import { originOf } from './origin.ts'
import { ticketLinkRef } from './refs.ts'
import { loadRow } from './rows.ts'
import { connectionIdOf } from './ticketing-connections.ts'

const payloadRef = builder.objectRef<Payload<{ linkId: string }>>('TicketLinkPayload').implement({
  fields: (t) => ({
    ticketLink: t.field({
      type: ticketLinkRef,
      nullable: true,
      resolve: ({ linkId }, _, context, info) => loadRow('TicketLink', linkId, context, info),
    }),
    error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
  }),
})

const previewRef = builder.objectRef<Payload<{ request: JsonValue }>>('PreviewTicketPayload').implement({
  fields: (t) => ({
    request: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Exactly what would be sent to create the ticket.',
      resolve: ({ request }) => request ?? null,
    }),
    error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
  }),
})

const placeInput = builder.inputType('TicketPlaceInput', {
  description: 'A detection and the connection its ticket is on.',
  fields: (t) => ({
    detectionId: t.field({ type: 'DetectionId', required: true }),
    connectionId: t.id({ required: true, description: 'The `id` of a ticketing connection.' }),
  }),
})

const linkInput = builder.inputType('LinkTicketInput', {
  fields: (t) => ({
    detectionId: t.field({ type: 'DetectionId', required: true }),
    connectionId: t.id({ required: true, description: 'The `id` of a ticketing connection.' }),
    reference: t.string({ required: true, description: 'The key or the URL of an existing ticket.' }),
  }),
})

const resolveInput = builder.inputType('ResolveSyncConflictInput', {
  fields: (t) => ({
    linkId: t.id({ required: true }),
    field: t.field({ type: syncFieldEnum, required: true }),
    winner: t.field({ type: syncSideEnum, required: true }),
  }),
})

builder.mutationField('createTicket', (t) =>
  t.field({
    type: payloadRef,
    permission: 'ticket',
    description: 'Asks for a ticket, or lets one that is held go ahead. It is created in the background.',
    args: { input: t.arg({ type: placeInput, required: true }) },
    resolve: (_, { input }, context) =>
      expecting(async () => ({
        linkId: await createTicket(linkDeps(context), toPlace(input), originOf(context)),
      })),
  }),
)

builder.mutationField('linkTicket', (t) =>
  t.field({
    type: payloadRef,
    permission: 'ticket',
    description: 'Links a detection to an existing ticket, and the ticket back to it.',
    args: { input: t.arg({ type: linkInput, required: true }) },
    resolve: (_, { input }, context) =>
      expecting(async () => {
        const place = { ...toPlace(input), reference: input.reference }
        return { linkId: await linkTicket(linkDeps(context), place, originOf(context)) }
      }),
  }),
)

builder.mutationField('unlinkTicket', (t) =>
  t.field({
    type: payloadRef,
    permission: 'ticket',
    description: 'Stops following a ticket. The ticket itself is left as it is.',
    args: { linkId: t.arg.id({ required: true }) },
    resolve: (_, args, context) =>
      expecting(async () => {
        const linkId = linkIdOf(args.linkId)
        await unlinkTicket(linkDeps(context), linkId, originOf(context))
        return { linkId }
      }),
  }),
)

builder.mutationField('retryTicketSync', (t) =>
  t.field({
    type: payloadRef,
    permission: 'ticket',
    description: 'Tries again now, whatever kept the link from being in sync.',
    args: { linkId: t.arg.id({ required: true }) },
    resolve: (_, args, context) =>
      expecting(async () => {
        const linkId = linkIdOf(args.linkId)
        await retryTicketSync(linkDeps(context), linkId, originOf(context))
        return { linkId }
      }),
  }),
)

builder.mutationField('resolveSyncConflict', (t) =>
  t.field({
    type: payloadRef,
    permission: 'ticket',
    description: 'Chooses the side whose value of a field goes on.',
    args: { input: t.arg({ type: resolveInput, required: true }) },
    resolve: (_, { input }, context) =>
      expecting(async () => {
        const linkId = linkIdOf(input.linkId)
        if (input.field === 'TICKET_ID') {
          throw new InvalidInput('The ticket id is merged with sources only, and by their policy.')
        }
        const choice = { linkId, field: plain(input.field), winner: plain(input.winner) }
        await resolveSyncConflict(linkDeps(context), choice, originOf(context))
        return { linkId }
      }),
  }),
)

builder.mutationField('previewTicket', (t) =>
  t.field({
    type: previewRef,
    permission: 'ticket',
    description: 'What creating the ticket would send, without sending it.',
    args: { input: t.arg({ type: placeInput, required: true }) },
    resolve: (_, { input }, context) =>
      expecting(async () => ({ request: await previewTicket(linkDeps(context), toPlace(input)) })),
  }),
)

function linkDeps({ deps }: GraphqlContext): LinkDeps {
  return deps
}

function toPlace({ detectionId, connectionId }: typeof placeInput.$inferInput): {
  readonly detectionId: string
  readonly connectionId: string
} {
  return { detectionId, connectionId: connectionIdOf(connectionId) }
}

/** The row's id; for an `id` of something else a text that is no link's, which is then not found. */
function linkIdOf(id: string): string {
  return ownId('TicketLink', id) ?? id
}
