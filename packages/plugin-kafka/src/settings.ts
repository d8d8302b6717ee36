import { secret } from '@tripline/core'
import { z } from 'zod'

const hostSchema = z
  .string()
  .trim()
  .regex(/^[A-Za-z0-9._-]+$|^\[?[0-9A-Fa-f:.]+\]?$/u, 'has to be a host name or an address')
  .transform((host) => host.replaceAll(/[[\]]/gu, ''))
const pemSchema = z.string().regex(/-----BEGIN [A-Z0-9 ]+-----/u, 'has to be PEM')
const text = z.string().min(1)

/** The settings of a Kafka target; the names are those of ExtraHop's targets. */
export const kafkaSettings = z.object({
  brokers: z
    .array(z.object({ host: hostSchema, port: z.int().min(1).max(65_535) }))
    .min(1)
    .describe('To begin with; they name the others.'),
  protocol: z.enum(['tcp', 'tls']),
  compression: z.enum(['none', 'gzip', 'snappy']).default('none'),
  partition_strategy: z
    .enum(['hash_key', 'manual', 'random', 'round_robin'])
    .default('round_robin')
    .describe(
      '`hash_key`: equal messages go to the same partition; `manual`: the sender says which, and one that does not exist is refused.',
    ),
  authentication: z
    .object({
      auth_type: z.literal('scram'),
      algorithm: z.enum(['sha256', 'sha512']),
      username: text,
      password: secret(text),
    })
    .optional(),
  create_topics: z.boolean().default(false).describe('Asks the brokers to make topics that do not exist.'),
  skip_cert_verification: z.boolean().default(false),
  ca_certs: pemSchema.optional(),
  client_cert: pemSchema.optional(),
  client_key: secret(pemSchema).optional(),
})

/** The settings of a Kafka target, parsed. */
export type KafkaSettings = z.output<typeof kafkaSettings>
