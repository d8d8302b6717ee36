import { headerWord, httpAddress, requestTimeoutMs, secret } from '@tripline/core'
import { z } from 'zod'

/** What an administrator fills in to connect a Desk. */
export const deskSettingsSchema = z.object({
  baseUrl: httpAddress.meta({
    title: 'Base URL',
    description: 'Where people open Desk: https://desk.example.org.',
  }),
  token: secret(headerWord.meta({ title: 'Token', description: 'Of the agent that Tripline acts as.' })),
  queue: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .meta({ title: 'Queue', description: 'In which tickets are created.' }),
  timeoutMs: requestTimeoutMs,
})

/** Settings of a connection to Desk, checked. */
export type DeskSettings = Readonly<z.output<typeof deskSettingsSchema>>
