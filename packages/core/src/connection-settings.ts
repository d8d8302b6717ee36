import { z } from 'zod'

/** The address of a system, http or https, without credentials, query and fragment; slashes at its end are dropped. */
export const httpAddress: z.ZodType<string, string> = z
  .url({ protocol: /^https?$/u, error: 'must be an http or https address' })
  .refine((value) => {
    const url = URL.parse(value)
    return url !== null && url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  }, 'must be without user name, query and fragment')
  .transform((value) => value.replace(/\/+$/u, ''))

/** A token as it can stand in a header. */
export const headerWord: z.ZodString = z
  .string()
  .regex(/^[\x21-\x7e]+$/u, 'must be one word of visible ASCII characters')

/** How long one request may take, in milliseconds: 20 seconds unless an administrator says otherwise. */
export const requestTimeoutMs: z.ZodType<number, number | undefined> = z
  .int()
  .min(50)
  .max(120_000)
  .default(20_000)
  .meta({ title: 'Timeout (ms)', description: 'How long one request may take.' })
