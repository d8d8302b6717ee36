import { InvalidInput } from '@tripline/core'
import {
  dropHeldTickets,
  releaseHeldTickets,
  retryHaltedSyncs,
  type LinkSelection,
} from '../tracking/link-batches.ts'
import { builder } from './builder.ts'
import { expectedErrorRef, expecting, failed, type Payload } from './expected-errors.ts'
import { originOf } from './origin.ts'
import { connectionIdOf } from './ticketing-connections.ts'

const MOST = 1_000

const batchRef = builder.objectRef<Payload<{ count: number }>>('TicketBatchPayload').implement({
  fields: (t) => ({
    count: t.int({
      nullable: true,
      description: 'How many links it was done to. When it is the limit, there may be more.',
      resolve: ({ count }) => count ?? null,
    }),
    error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
  }),
})

const heldInput = builder.inputType('HeldTicketsInput', {
  description: 'Tickets that are held because the budget of their rule was used up, oldest first.',
  fields: (t) => ({
    connectionId: t.id({ required: true }),
    rule: t.string({ description: 'Only those of this rule.' }),
    limit: t.int({ required: true, defaultValue: 100, description: `From 1 to ${MOST}.` }),
  }),
})

const retryInput = builder.inputType('RetryTicketSyncsInput', {
  fields: (t) => ({
    connectionId: t.id({ required: true }),
    code: t.string({ description: 'Only links that stopped for the reason with this code.' }),
    limit: t.int({ required: true, defaultValue: 100, description: `From 1 to ${MOST}.` }),
  }),
})

builder.mutationField('releaseHeldTickets', (t) =>
  t.field({
    type: batchRef,
    permission: 'manage_connections',
    description: 'Lets held tickets be created now. To merge one into an existing ticket, use linkTicket.',
    args: { input: t.arg({ type: heldInput, required: true }) },
    resolve: (_, { input }, context) =>
      expecting(async () => ({
        count: await releaseHeldTickets(context.deps.database, toSelection(input), originOf(context)),
      })),
  }),
)

builder.mutationField('dropHeldTickets', (t) =>
  t.field({
    type: batchRef,
    permission: 'manage_connections',
    description:
      'Decides that held tickets are not created. A person can still ask for each with createTicket.',
    args: { input: t.arg({ type: heldInput, required: true }) },
    resolve: (_, { input }, context) =>
      expecting(async () => ({
        count: await dropHeldTickets(context.deps.database, toSelection(input), originOf(context)),
      })),
  }),
)

builder.mutationField('retryTicketSyncs', (t) =>
  t.field({
    type: batchRef,
    permission: 'manage_connections',
    description:
      'Tries again everything on a connection that stopped for a reason which has been mended since.',
    args: { input: t.arg({ type: retryInput, required: true }) },
    resolve: (_, { input }, context) =>
      expecting(async () => {
        const selection = {
          connectionId: connectionIdOf(input.connectionId),
          code: input.code ?? null,
          limit: checkLimit(input.limit),
        }
        return { count: await retryHaltedSyncs(context.deps.database, selection, originOf(context)) }
      }),
  }),
)

function toSelection({ connectionId, rule, limit }: typeof heldInput.$inferInput): LinkSelection {
  return { connectionId: connectionIdOf(connectionId), rule: rule ?? null, limit: checkLimit(limit) }
}

function checkLimit(limit: number): number {
  if (limit >= 1 && limit <= MOST) return limit
  const message = `The limit has to be from 1 to ${MOST}.`
  throw new InvalidInput(message, [{ path: 'limit', message }])
}
