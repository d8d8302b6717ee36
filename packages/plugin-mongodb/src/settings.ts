import { secret } from '@tripline/core'
import { z } from 'zod'

const pemSchema = z.string().regex(/-----BEGIN [A-Z0-9 ]+-----/u, 'has to be PEM')
const text = z.string().min(1)

/** The settings of a MongoDB target; the names are those of ExtraHop's targets. */
export const mongodbSettings = z.object({
  host: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9._-]+$|^\[?[0-9A-Fa-f:.]+\]?$/u, 'has to be a host name or an address')
    .transform((host) => host.replaceAll(/[[\]]/gu, '')),
  port: z.int().min(1).max(65_535).default(27_017),
  encrypt: z.boolean().default(false).describe('TLS.'),
  authentication: z
    .array(z.object({ database: text, user: text, password: secret(text) }))
    .default([])
    .refine((entries) => new Set(entries.map(({ database }) => database)).size === entries.length, {
      message: 'has two entries for one database',
    })
    .describe('Who writes to which database.'),
  skip_cert_verification: z.boolean().default(false),
  ca_certs: pemSchema.optional(),
})

/** The settings of a MongoDB target, parsed. */
export type MongodbSettings = z.output<typeof mongodbSettings>
