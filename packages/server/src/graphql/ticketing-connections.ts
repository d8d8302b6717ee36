import type { ConnectionReport } from '@tripline/core'
import sql from 'sql-template-tag'
import {
  checkConnection,
  createConnection,
  deleteConnection,
  updateConnection,
  type ConnectionDeps,
} from '../tracking/connections.ts'
import { builder } from './builder.ts'
import type { GraphqlContext } from './context.ts'
import { expectedErrorRef, expecting, failed, type Payload } from './expected-errors.ts'
import { answered } from './field-options.ts'
import { given, toObject } from './given-input.ts'
import { ownId } from './node.ts'
import { originOf } from './origin.ts'
import { connectionRef } from './refs.ts'
import { loadRow } from './rows.ts'
import { objectList, oneObject } from './sql/field-sql.ts'

builder.queryField('ticketingConnections', (t) =>
  t.field({
    type: [connectionRef],
    permission: 'read',
    ...answered((field) =>
      objectList(
        field,
        sql`c`,
        sql`ticketing_connections c where c.deleted_at is null`,
        sql`c.name, c.connection_id`,
      ),
    ),
  }),
)

builder.queryField('ticketingConnection', (t) =>
  t.field({
    type: connectionRef,
    nullable: true,
    permission: 'read',
    args: { id: t.arg.id({ required: true }) },
    ...answered((field) => {
      const own = ownId('TicketingConnection', String(field.args['id']))
      return oneObject(
        field,
        sql`ticketing_connections c where c.connection_id = ${own}::uuid and c.deleted_at is null`,
      )
    }),
  }),
)

const payloadRef = builder
  .objectRef<Payload<{ connectionId: string; webhookSecret: string | null }>>('TicketingConnectionPayload')
  .implement({
    fields: (t) => ({
      connection: t.field({
        type: connectionRef,
        nullable: true,
        resolve: ({ connectionId }, _, context, info) =>
          loadRow('TicketingConnection', connectionId, context, info),
      }),
      webhookSecret: t.string({
        nullable: true,
        description: 'With which webhooks have to be signed, when it was made now. It cannot be shown again.',
        resolve: ({ webhookSecret }) => webhookSecret ?? null,
      }),
      error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
    }),
  })

const deletedRef = builder
  .objectRef<Payload<{ deletedId: string }>>('DeleteTicketingConnectionPayload')
  .implement({
    fields: (t) => ({
      deletedId: t.id({ nullable: true, resolve: ({ deletedId }) => deletedId ?? null }),
      error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
    }),
  })

const checkedRef = builder
  .objectRef<Payload<{ connectionId: string; report: ConnectionReport }>>('CheckTicketingConnectionPayload')
  .implement({
    fields: (t) => ({
      connection: t.field({
        type: connectionRef,
        nullable: true,
        description: 'Its `lastCheck` is what was found.',
        resolve: ({ connectionId }, _, context, info) =>
          loadRow('TicketingConnection', connectionId, context, info),
      }),
      passed: t.boolean({
        nullable: true,
        description: 'Whether nothing was found that will fail.',
        resolve: ({ report }) => report?.findings.every(({ severity }) => severity !== 'error') ?? null,
      }),
      error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
    }),
  })

const createInput = builder.inputType('CreateTicketingConnectionInput', {
  fields: (t) => ({
    name: t.string({ required: true }),
    plugin: t.string({ required: true }),
    settings: t.field({
      type: 'JSON',
      required: true,
      description: "What the plugin's `settingsSchema` asks for, secrets included.",
    }),
    mappings: t.field({ type: 'JSON' }),
    rules: t.field({ type: 'JSON' }),
    policies: t.field({ type: 'JSON' }),
    enabled: t.boolean(),
  }),
})

const updateInput = builder.inputType('UpdateTicketingConnectionInput', {
  description: 'What is absent is unchanged.',
  fields: (t) => ({
    id: t.id({ required: true }),
    name: t.string(),
    settings: t.field({
      type: 'JSON',
      description:
        'Merged over the present ones, so that secrets need not be given again; null removes a setting.',
    }),
    mappings: t.field({ type: 'JSON' }),
    rules: t.field({ type: 'JSON' }),
    policies: t.field({ type: 'JSON' }),
    enabled: t.boolean(),
    rotateWebhookSecret: t.boolean({
      description: 'Makes a new webhook secret; the one before stays valid until the next rotation.',
    }),
    expectedVersion: t.int({ description: 'Refuses the change when the connection is at another version.' }),
  }),
})

builder.mutationField('createTicketingConnection', (t) =>
  t.field({
    type: payloadRef,
    permission: 'manage_connections',
    args: { input: t.arg({ type: createInput, required: true }) },
    resolve: (_, { input: { settings, ...input } }, context) =>
      expecting(async () => {
        const { connection, webhookSecret } = await createConnection(
          connectionDeps(context),
          { ...given(input), name: input.name, plugin: input.plugin, settings: toObject(settings) },
          originOf(context),
        )
        return { connectionId: connection.connectionId, webhookSecret }
      }),
  }),
)

builder.mutationField('updateTicketingConnection', (t) =>
  t.field({
    type: payloadRef,
    permission: 'manage_connections',
    args: { input: t.arg({ type: updateInput, required: true }) },
    resolve: (_, { input: { id, settings, ...input } }, context) =>
      expecting(async () => {
        const patch = { ...given(input), ...(settings === undefined ? {} : { settings: toObject(settings) }) }
        const { connection, webhookSecret } = await updateConnection(
          connectionDeps(context),
          connectionIdOf(id),
          patch,
          originOf(context),
        )
        return { connectionId: connection.connectionId, webhookSecret }
      }),
  }),
)

builder.mutationField('deleteTicketingConnection', (t) =>
  t.field({
    type: deletedRef,
    permission: 'manage_connections',
    description:
      'Its links are detached and stay to be looked at; nothing is deleted in the ticketing system.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, context) =>
      expecting(async () => {
        await deleteConnection(connectionDeps(context), connectionIdOf(id), originOf(context))
        return { deletedId: String(id) }
      }),
  }),
)

builder.mutationField('checkTicketingConnection', (t) =>
  t.field({
    type: checkedRef,
    permission: 'manage_connections',
    description: 'Looks at everything that will be needed, without changing anything there.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, context) =>
      expecting(async () => {
        const connectionId = connectionIdOf(id)
        return {
          connectionId,
          report: await checkConnection(connectionDeps(context), connectionId, originOf(context)),
        }
      }),
  }),
)

function connectionDeps({ deps }: GraphqlContext): ConnectionDeps {
  return deps
}

/** The row's id; for an `id` of something else a text that is no connection's, which is then not found. */
export function connectionIdOf(id: string): string {
  return ownId('TicketingConnection', id) ?? id
}
