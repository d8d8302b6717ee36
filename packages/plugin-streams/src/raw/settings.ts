import { z } from 'zod'
import { hostSchema, portSchema } from '../connection-settings.ts'

/** The settings of a raw target. */
export const rawSettings = z.object({
  host: hostSchema,
  port: portSchema,
  protocol: z.enum(['tcp', 'udp']),
  compression: z
    .enum(['none', 'gzip'])
    .default('none')
    .describe('With gzip, messages are gathered and sent as whole gzip members; over UDP, each is one.'),
  gzip_threshold_bytes: z.int().min(1).max(1_048_576).default(64_000),
  gzip_threshold_seconds: z.int().min(1).max(86_400).default(300),
})

/** The settings of a raw target, parsed. */
export type RawSettings = z.output<typeof rawSettings>
