import { secret } from '@tripline/core'
import { z } from 'zod'

/** What an administrator fills in to connect Acme. */
export const acmeSettingsSchema = z.object({
  baseUrl: z
    .url({ protocol: /^https?$/u, error: 'must be an http or https address' })
    .transform((value) => value.replace(/\/+$/u, ''))
    .meta({ title: 'Base URL', description: 'Where people open Acme: https://acme.example.org.' }),
  token: secret(
    z
      .string()
      .regex(/^[\x21-\x7e]+$/u, 'must be one word of visible ASCII characters')
      .meta({
        title: 'Token',
        description: 'Of the account that Tripline acts as.',
      }),
  ),
  timeoutMs: z.int().min(50).max(120_000).default(20_000).meta({
    title: 'Timeout (ms)',
    description: 'How long one request may take.',
  }),
})

/** Settings of a connection to Acme, checked. */
export type AcmeSettings = Readonly<z.output<typeof acmeSettingsSchema>>
