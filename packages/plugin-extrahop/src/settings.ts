import { secret } from '@tripline/core'
import { z } from 'zod'

const address = z
  .url({ protocol: /^https?$/u, error: 'must be an http or https address' })
  .refine((value) => {
    const url = URL.parse(value)
    if (url === null) return false
    return [url.search, url.hash, url.username, url.password].join('') === '' && url.pathname === '/'
  }, 'must be the address of a host, without path, user name, query and fragment')
  .transform((value) => value.replace(/\/+$/u, ''))

const headerWord = z.string().regex(/^[\x21-\x7e]+$/u, 'must be one word of visible ASCII characters')

/** What an administrator fills in to connect a sensor or console. */
export const extrahopSettingsSchema = z
  .object({
    baseUrl: address.meta({
      title: 'Base URL',
      description:
        'The address of the sensor or console, for instance https://extrahop.example.com; of RevealX 360 its API endpoint.',
    }),
    auth: z.enum(['api-key', 'oauth-client-credentials']).default('api-key').meta({
      title: 'Authentication',
      description: 'An API key of a sensor or console, or REST API credentials of RevealX 360.',
    }),
    apiKey: secret(
      headerWord.optional().meta({
        title: 'API key',
        description: 'Of a user with limited write privileges or more: fewer cannot track detections.',
      }),
    ),
    clientId: z.string().trim().min(1).optional().meta({
      title: 'Client id',
      description: 'RevealX 360: the ID of the REST API credentials.',
    }),
    clientSecret: secret(
      z.string().min(1).optional().meta({
        title: 'Client secret',
        description: 'RevealX 360: the secret of the REST API credentials.',
      }),
    ),
    categories: z.array(z.string().trim().min(1).max(200)).max(100).default([]).meta({
      title: 'Categories',
      description: 'Takes only detections of these categories, for instance sec.attack. Empty: all.',
    }),
    riskScoreMin: z.int().min(1).max(99).optional().meta({
      title: 'Minimum risk score',
      description: 'Takes only detections of at least this risk score.',
    }),
    lookBackDays: z.number().min(0).max(3_650).default(30).meta({
      title: 'Look back (days)',
      description: 'What was modified so long ago is taken when the source is new.',
    }),
    overlapSeconds: z.int().min(0).max(86_400).default(120).meta({
      title: 'Overlap (s)',
      description:
        'How far each poll reaches back behind the latest modification that was seen, for what became visible late.',
    }),
    timeoutMs: z.int().min(50).max(120_000).default(20_000).meta({
      title: 'Timeout (ms)',
      description: 'How long one request may take.',
    }),
  })
  .superRefine((settings, context) => {
    for (const [name, why] of neededFor[settings.auth]) {
      if (settings[name] === undefined) context.addIssue({ code: 'custom', path: [name], message: why })
    }
  })

type Credential = 'apiKey' | 'clientId' | 'clientSecret'

const neededFor = {
  'api-key': [['apiKey', 'the API key is needed']],
  'oauth-client-credentials': [
    ['clientId', 'OAuth needs the client id'],
    ['clientSecret', 'OAuth needs the client secret'],
  ],
} as const satisfies Record<string, readonly (readonly [Credential, string])[]>

/** Settings of a source of ExtraHop, checked. */
export type ExtrahopSettings = Readonly<z.output<typeof extrahopSettingsSchema>>
