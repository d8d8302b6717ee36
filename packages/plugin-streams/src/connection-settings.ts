import { secret, type StreamTls } from '@tripline/core'
import { z } from 'zod'

/** Where a receiver is; the names are those of ExtraHop's targets. */
export const hostSchema = z
  .string()
  .trim()
  .regex(
    /^[A-Za-z0-9._-]+$|^\[?[0-9A-Fa-f:.]+\]?$/u,
    'has to be a host name or an address, without scheme or port',
  )
  .transform((host) => host.replaceAll(/[[\]]/gu, ''))

/** A TCP or UDP port. */
export const portSchema = z.int().min(1).max(65_535)

const pemSchema = z.string().regex(/-----BEGIN [A-Z0-9 ]+-----/u, 'has to be PEM')

/** The settings of TLS, to be spread into those of a target. */
export const tlsSettings = {
  skip_cert_verification: z
    .boolean()
    .default(false)
    .describe('Takes any certificate. Whoever sits between can then read and change everything.'),
  ca_certs: pemSchema.optional().describe('Certificates to trust in place of the usual ones, as PEM.'),
  client_cert: pemSchema.optional().describe('The certificate to show, as PEM.'),
  client_key: secret(pemSchema).optional().describe('Its private key, as PEM.'),
}

const tlsSchema = z.object(tlsSettings)

/** How TLS is spoken by these settings. */
export function tlsOf(settings: z.output<typeof tlsSchema>): StreamTls {
  return {
    ca: settings.ca_certs ?? null,
    cert: settings.client_cert ?? null,
    key: settings.client_key ?? null,
    verify: !settings.skip_cert_verification,
  }
}
