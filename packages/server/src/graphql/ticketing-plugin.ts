import { settingsJsonSchema, type TicketingPlugin } from '@tripline/core'
import { builder } from './builder.ts'

const pluginRef = builder.objectRef<TicketingPlugin>('TicketingPlugin').implement({
  description: 'An installed kind of ticketing system.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Stored with connections, for instance `jira`.' }),
    title: t.exposeString('title'),
    settingsSchema: t.field({
      type: 'JSON',
      description:
        'What an administrator fills in, as JSON Schema; secrets are marked `secret` and `writeOnly`.',
      resolve: ({ settings }) => settingsJsonSchema(settings),
    }),
  }),
})

builder.queryField('ticketingPlugins', (t) =>
  t.field({
    type: [pluginRef],
    permission: 'read',
    resolve: (_, _args, { deps }) => deps.plugins.list(),
  }),
)
