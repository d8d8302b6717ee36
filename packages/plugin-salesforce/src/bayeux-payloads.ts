import { z } from 'zod'

/**
 * What is read of the messages of the Bayeux protocol, by which CometD speaks.
 *
 * @see https://docs.cometd.org/current/reference/#_bayeux
 */
const adviceSchema = z.object({
  reconnect: z.enum(['retry', 'handshake', 'none']).optional(),
  /** Before the next connect. */
  interval: z.number().nonnegative().optional(),
  /** How long a connect is held open. */
  timeout: z.number().nonnegative().optional(),
})

const bayeuxMessageSchema = z.object({
  channel: z.string(),
  successful: z.boolean().optional(),
  clientId: z.string().optional(),
  /** `code:arguments:message`. */
  error: z.string().optional(),
  advice: adviceSchema.optional(),
  ext: z.object({ sfdc: z.object({ failureReason: z.string().optional() }).optional() }).optional(),
  data: z.unknown().optional(),
})

export const bayeuxAnswerSchema = z.array(bayeuxMessageSchema)

/** One message of an answer. */
export type BayeuxMessage = z.output<typeof bayeuxMessageSchema>

/** What the other side wants of when to ask next. */
export type BayeuxAdvice = z.output<typeof adviceSchema>
