import { settingsJsonSchema, streamKinds, type StreamPlugin } from '@tripline/core'
import { builder } from './builder.ts'
import { screaming } from './enums.ts'

export const streamKindEnum = builder.enumType('StreamKind', {
  description: 'What a target of an open data stream takes.',
  values: screaming(streamKinds),
})

const pluginRef = builder.objectRef<StreamPlugin>('StreamPlugin').implement({
  description: 'An installed way to send messages of one kind.',
  fields: (t) => ({
    kind: t.field({
      type: streamKindEnum,
      resolve: ({ kind }) => kind.toUpperCase() as Uppercase<typeof kind>,
    }),
    title: t.exposeString('title'),
    settingsSchema: t.field({
      type: 'JSON',
      description:
        'What an administrator fills in, as JSON Schema; secrets are marked `secret` and `writeOnly`.',
      resolve: ({ settings }) => settingsJsonSchema(settings),
    }),
  }),
})

builder.queryField('streamPlugins', (t) =>
  t.field({
    type: [pluginRef],
    permission: 'manage_connections',
    resolve: (_, _args, { deps }) => deps.streams.streamPlugins.list(),
  }),
)
