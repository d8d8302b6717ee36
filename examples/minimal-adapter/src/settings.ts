import { secret } from '@tripline/core'
import { z } from 'zod'

/** What an administrator fills in to connect a Desk. */
export const deskSettingsSchema = z.object({
  baseUrl: z
    .url({ protocol: /^https?$/u, error: 'must be an http or https address' })
    .transform((value) => value.replace(/\/+$/u, ''))
    .meta({ title: 'Base URL', description: 'Where people open Desk: https://desk.example.org.' }),
  token: secret(
    z
      .string()
      .regex(/^[\x21-\x7e]+$/u, 'must be one word of visible ASCII characters')
      .meta({
        title: 'Token',
        description: 'Of the agent that Tripline acts as.',
      }),
  ),
  queue: z.string().trim().min(1).max(100).meta({
    title: 'Queue',
    description: 'In which tickets are created.',
  }),
  timeoutMs: z.int().min(50).max(120_000).default(20_000).meta({
    title: 'Timeout (ms)',
    description: 'How long one request may take.',
  }),
})

/** Settings of a connection to Desk, checked. */
export type DeskSettings = Readonly<z.output<typeof deskSettingsSchema>>
