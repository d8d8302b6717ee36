import { createApiKey, listApiKeys, revokeApiKey, type ApiKey } from '../access/api-keys.ts'
import { builder } from './builder.ts'
import { plain, roleEnum } from './enums.ts'
import { expectedErrorRef, expecting, failed, type Payload } from './expected-errors.ts'
import { originOf } from './origin.ts'

const apiKeyRef = builder.objectRef<ApiKey>('ApiKey').implement({
  description:
    'A key with which a person or a program calls the API. The key itself is shown once, when it is made.',
  fields: (t) => ({
    keyId: t.id({ resolve: ({ keyId }) => keyId }),
    name: t.exposeString('name'),
    role: t.field({ type: roleEnum, resolve: ({ role }) => role.toUpperCase() as Uppercase<typeof role> }),
    username: t.exposeString('username', {
      nullable: true,
      description: 'The person who acts with it; null: a program does.',
    }),
    prefix: t.exposeString('prefix', { description: 'How it begins, to recognise it by.' }),
    createdAt: t.field({ type: 'DateTime', resolve: ({ createdAt }) => createdAt }),
    expiresAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ expiresAt }) => expiresAt }),
    revokedAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ revokedAt }) => revokedAt }),
    lastUsedAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ lastUsedAt }) => lastUsedAt }),
  }),
})

const createdRef = builder
  .objectRef<Payload<{ apiKey: ApiKey; key: string }>>('CreateApiKeyPayload')
  .implement({
    fields: (t) => ({
      apiKey: t.field({ type: apiKeyRef, nullable: true, resolve: ({ apiKey }) => apiKey ?? null }),
      key: t.string({
        nullable: true,
        description: 'The key itself. It cannot be shown again.',
        resolve: ({ key }) => key ?? null,
      }),
      error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
    }),
  })

const revokedRef = builder.objectRef<Payload<{ apiKey: ApiKey }>>('RevokeApiKeyPayload').implement({
  fields: (t) => ({
    apiKey: t.field({ type: apiKeyRef, nullable: true, resolve: ({ apiKey }) => apiKey ?? null }),
    error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
  }),
})

const createInput = builder.inputType('CreateApiKeyInput', {
  fields: (t) => ({
    name: t.string({ required: true }),
    role: t.field({ type: roleEnum, required: true }),
    username: t.string({ description: 'The person who will act with it; not for integrations.' }),
    expiresAt: t.field({ type: 'DateTime' }),
  }),
})

builder.queryField('apiKeys', (t) =>
  t.field({
    type: [apiKeyRef],
    permission: 'manage_access',
    description: 'Every key, revoked ones too, newest first.',
    resolve: (_, _args, { deps }) => listApiKeys(deps.database),
  }),
)

builder.mutationField('createApiKey', (t) =>
  t.field({
    type: createdRef,
    permission: 'manage_access',
    args: { input: t.arg({ type: createInput, required: true }) },
    resolve: (_, { input }, context) =>
      expecting(() =>
        createApiKey(context.deps.database, { ...input, role: plain(input.role) }, originOf(context)),
      ),
  }),
)

builder.mutationField('revokeApiKey', (t) =>
  t.field({
    type: revokedRef,
    permission: 'manage_access',
    args: { keyId: t.arg.id({ required: true }) },
    resolve: (_, { keyId }, context) =>
      expecting(async () => ({
        apiKey: await revokeApiKey(context.deps.database, String(keyId), originOf(context)),
      })),
  }),
)
