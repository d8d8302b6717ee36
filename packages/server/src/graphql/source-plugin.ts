import { settingsJsonSchema, type SourcePlugin } from '@tripline/core'
import { builder } from './builder.ts'

const pluginRef = builder.objectRef<SourcePlugin>('SourcePlugin').implement({
  description: 'An installed kind of source of detections.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Stored with sources, for instance `extrahop`.' }),
    title: t.exposeString('title'),
    settingsSchema: t.field({
      type: 'JSON',
      description:
        'What an administrator fills in, as JSON Schema; secrets are marked `secret` and `writeOnly`.',
      resolve: ({ settings }) => settingsJsonSchema(settings),
    }),
  }),
})

builder.queryField('sourcePlugins', (t) =>
  t.field({
    type: [pluginRef],
    permission: 'read',
    resolve: (_, _args, { deps }) => deps.sources.sourcePlugins.list(),
  }),
)
