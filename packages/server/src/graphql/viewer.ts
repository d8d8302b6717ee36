import { permissions, type Principal } from '../access/principal.ts'
import { builder } from './builder.ts'
import { roleEnum } from './enums.ts'
import { viewerOf } from './field-options.ts'

const permissionEnum = builder.enumType('Permission', {
  values: [
    'READ',
    'INGEST',
    'TRACK',
    'TICKET',
    'HIDE',
    'MANAGE_SETTINGS',
    'MANAGE_CONNECTIONS',
    'MANAGE_ACCESS',
    'MANAGE_TRIGGERS',
  ] as const,
})

const viewerRef = builder.objectRef<Principal>('Viewer').implement({
  description: 'Who makes this request.',
  fields: (t) => ({
    name: t.exposeString('name'),
    username: t.exposeString('username', {
      nullable: true,
      description: 'What detections can be assigned to; null for integrations.',
    }),
    role: t.field({ type: roleEnum, resolve: ({ role }) => role.toUpperCase() as Uppercase<typeof role> }),
    permissions: t.field({
      type: [permissionEnum],
      resolve: ({ role }) =>
        permissions[role].map((permission) => permission.toUpperCase() as Uppercase<typeof permission>),
    }),
  }),
})

builder.queryField('viewer', (t) =>
  t.field({ type: viewerRef, permission: 'read', resolve: (_, _args, context) => viewerOf(context) }),
)
