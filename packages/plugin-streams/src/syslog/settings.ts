import { z } from 'zod'
import { hostSchema, portSchema, tlsSettings } from '../connection-settings.ts'

const wordSchema = z.string().regex(/^[\x21-\x7e]{1,48}$/u, 'has to be visible ASCII without spaces')

/** The settings of a syslog target. */
export const syslogSettings = z.object({
  host: hostSchema,
  port: portSchema,
  protocol: z.enum(['tcp', 'udp', 'tls']),
  format: z.enum(['rfc3164', 'rfc5424']).default('rfc3164'),
  localtime: z.boolean().default(false).describe("Times in the gateway's zone instead of UTC."),
  tcp_length_prefix_framing: z
    .boolean()
    .default(false)
    .describe('Each message with its length in front of it (RFC 6587), instead of a line break behind it.'),
  message_length_max: z
    .int()
    .min(64)
    .max(65_000)
    .default(1_024)
    .describe('In bytes, header included; longer messages are cut.'),
  facility: z.int().min(0).max(23).default(1),
  hostname: wordSchema.default('tripline'),
  app_name: wordSchema.default('tripline'),
  batch_min_bytes: z
    .int()
    .min(0)
    .max(1_048_576)
    .default(0)
    .describe('Waits for so many bytes before it sends, five seconds at most.'),
  concurrent_connections: z
    .int()
    .min(1)
    .max(32)
    .default(1)
    .describe('With more than one, messages do not arrive in order.'),
  ...tlsSettings,
})

/** The settings of a syslog target, parsed. */
export type SyslogSettings = z.output<typeof syslogSettings>
