import { headerWord, httpAddress, requestTimeoutMs, secret } from '@tripline/core'
import { z } from 'zod'

/** What an administrator fills in to connect Acme. */
export const acmeSettingsSchema = z.object({
  baseUrl: httpAddress.meta({
    title: 'Base URL',
    description: 'Where people open Acme: https://acme.example.org.',
  }),
  token: secret(headerWord.meta({ title: 'Token', description: 'Of the account that Tripline acts as.' })),
  timeoutMs: requestTimeoutMs,
})

/** Settings of a connection to Acme, checked. */
export type AcmeSettings = Readonly<z.output<typeof acmeSettingsSchema>>
