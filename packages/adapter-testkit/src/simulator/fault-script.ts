import { z } from 'zod'
import type { SimulatorRequest } from './simulator-request.ts'

/**
 * - `delay`: the answer comes late.
 * - `rate-limited`: 429, with Retry-After unless `retryAfterSeconds` is left out.
 * - `server-error`: `status` (503), JSON body.
 * - `html`: `status` (502) with a gateway's HTML page.
 * - `garbled`: the true status, half of the body and bytes that are no JSON.
 * - `huge`: 200 with a JSON body of `bytes` (64 MiB).
 * - `cut-before-processing`: the connection ends, nothing happened.
 * - `cut-after-processing`: the change happened, its answer is lost.
 * - `hang`: no answer until the client gives up.
 */
export const FAULT_KINDS = [
  'delay',
  'rate-limited',
  'server-error',
  'html',
  'garbled',
  'huge',
  'cut-before-processing',
  'cut-after-processing',
  'hang',
] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

const faultFields = z.strictObject({
  kind: z.enum(FAULT_KINDS),
  method: z.string().toUpperCase().optional(),
  path: z.string().startsWith('/').optional(),
  times: z.int().positive().optional(),
  skip: z.int().nonnegative().optional(),
  probability: z.number().min(0).max(1).optional(),
  delayMs: z.int().nonnegative().max(600_000).optional(),
  status: z.int().min(400).max(599).optional(),
  retryAfterSeconds: z.int().nonnegative().optional(),
  bytes: z.int().positive().max(1_073_741_824).optional(),
  afterProcessing: z.boolean().optional(),
})

/** A fault as another process may post it. */
export interface FaultFields {
  readonly kind: FaultKind
  /** Any method when left out. */
  readonly method?: string | undefined
  /** A route pattern such as `/rest/api/:version/issue`; any path when left out. */
  readonly path?: string | undefined
  /** How often it strikes. Once when left out, without end when a probability is given. */
  readonly times?: number | undefined
  /** How many fitting requests pass unharmed first. */
  readonly skip?: number | undefined
  /** 0 to 1, drawn from the simulator's seeded generator. */
  readonly probability?: number | undefined
  /** Waits this long before whatever the kind does. */
  readonly delayMs?: number | undefined
  readonly status?: number | undefined
  readonly retryAfterSeconds?: number | undefined
  readonly bytes?: number | undefined
  /** For `rate-limited`, `server-error`, `html` and `hang`: the change happens nevertheless. */
  readonly afterProcessing?: boolean | undefined
}

/** A fault as code in the same process may script it. */
export interface FaultScript extends FaultFields {
  /** Narrows it further. */
  readonly matches?: ((request: SimulatorRequest) => boolean) | undefined
}

/** @throws z.ZodError */
export function parseFaultFields(value: unknown): FaultFields {
  return faultFields.parse(value)
}
