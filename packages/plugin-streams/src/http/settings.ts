import { findRestrictedHeader, secret } from '@tripline/core'
import { z } from 'zod'
import { hostSchema, portSchema, tlsSettings } from '../connection-settings.ts'

const text = z.string().min(1)
const httpUrl = z.url({ protocol: /^https?$/u })

/** How we say who we are. The members are those of ExtraHop's targets. */
const authenticationSchema = z.discriminatedUnion('auth_type', [
  z.object({ auth_type: z.literal('none') }),
  z.object({ auth_type: z.literal('basic'), username: text, password: secret(z.string()) }),
  z
    .object({
      auth_type: z.literal('aws'),
      access_key: text.describe('The id of the access key.'),
      secret_key: secret(text),
      service: text.describe('The name by which requests are signed, for instance `es` or `execute-api`.'),
      region: text.describe('For instance `eu-central-1`.'),
    })
    .describe('Amazon Web Services, signature version 4.'),
  z
    .object({
      auth_type: z.literal('azure_storage'),
      access_key: text.optional().describe("The storage account; default: the host name's first part."),
      secret_key: secret(z.base64().min(1)).describe("One of the account's keys, in base64."),
    })
    .describe('Azure Storage, shared key.'),
  z
    .object({
      auth_type: z.literal('azure_ad'),
      grant_type: z.enum(['client', 'resource_owner']).default('client'),
      client_id: text,
      client_secret: secret(text).optional(),
      username: text.optional(),
      password: secret(text).optional(),
      resource: text.describe('What the token is for, for instance `https://monitor.azure.com`.'),
      token_endpoint: httpUrl.describe(
        'For instance `https://login.microsoftonline.com/TENANT/oauth2/token`.',
      ),
    })
    .refine(({ grant_type, client_secret }) => grant_type !== 'client' || client_secret !== undefined, {
      path: ['client_secret'],
      message: 'is needed with the grant type client',
    })
    .refine(
      ({ grant_type, username, password }) =>
        grant_type !== 'resource_owner' || (username !== undefined && password !== undefined),
      { path: ['username'], message: 'and password are needed with the grant type resource_owner' },
    )
    .describe('Azure Active Directory.'),
  z
    .object({
      auth_type: z.literal('crowdstrike'),
      client_id: text,
      client_secret: secret(text),
      token_endpoint: httpUrl.optional().describe('Default: `/oauth2/token` on the host.'),
    })
    .describe('CrowdStrike, OAuth2.'),
])

/** How we say who we are. */
export type HttpAuthentication = z.output<typeof authenticationSchema>

const headerSchema = z
  .string()
  .regex(/^\s*[!#$%&'*+.^_`|~0-9A-Za-z-]+\s*:\s*[\t\x20-\x7e]*$/u, 'has to be of the form Name: value')
  .refine((line) => {
    const [name] = parseHeader(line)
    return name.toLowerCase() === 'authorization' || findRestrictedHeader({ [name]: '' }) === null
  }, 'may not be one of the headers that belong to the connection')

/** The settings of an HTTP target. */
export const httpSettings = z.object({
  host: hostSchema,
  port: portSchema,
  protocol: z.enum(['http', 'https']),
  pipeline: z
    .boolean()
    .default(false)
    .describe('Several requests at once, over several connections: faster, and not in order.'),
  authentication: authenticationSchema.default({ auth_type: 'none' }),
  additional_header: secret(headerSchema)
    .optional()
    .describe('Sent with every request that does not have the same header, as `Name: value`.'),
  timeout_seconds: z.number().min(0.1).max(300).default(30),
  ...tlsSettings,
})

/** The settings of an HTTP target, parsed. */
export type HttpSettings = z.output<typeof httpSettings>

/** A header line as name and value. */
export function parseHeader(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()]
}
