import { z } from 'zod'

/**
 * - `duplicate`: delivered twice, with the same headers.
 * - `reorder`: delivered after the next one to the same address (or when released).
 * - `withhold`: kept until released.
 * - `drop`: never delivered.
 * - `delay`: delivered `delayMs` late, others overtake it.
 */
export const WEBHOOK_FAULT_KINDS = ['duplicate', 'reorder', 'withhold', 'drop', 'delay'] as const
export type WebhookFaultKind = (typeof WEBHOOK_FAULT_KINDS)[number]

const webhookFaultScript = z.strictObject({
  kind: z.enum(WEBHOOK_FAULT_KINDS),
  event: z.string().min(1).optional(),
  times: z.int().positive().optional(),
  probability: z.number().min(0).max(1).optional(),
  delayMs: z.int().nonnegative().max(600_000).optional(),
})

export interface WebhookFaultScript {
  readonly kind: WebhookFaultKind
  /** Any event when left out. */
  readonly event?: string | undefined
  /** Once when left out, without end when a probability is given. */
  readonly times?: number | undefined
  readonly probability?: number | undefined
  readonly delayMs?: number | undefined
}

/** @throws z.ZodError */
export function parseWebhookFault(value: unknown): WebhookFaultScript {
  return webhookFaultScript.parse(value)
}

export interface WebhookFaults {
  add(script: WebhookFaultScript | WebhookFaultKind): void
  list(): readonly (WebhookFaultScript & { readonly remaining: number | null })[]
  clear(): void
}

export interface WebhookFaultBook extends WebhookFaults {
  take(event: string): WebhookFaultScript | null
}

export function createWebhookFaultBook(random: () => number): WebhookFaultBook {
  const entries: { script: WebhookFaultScript; remaining: number | null }[] = []
  return {
    add(given) {
      const script = typeof given === 'string' ? { kind: given } : given
      entries.push({ script, remaining: script.times ?? (script.probability === undefined ? 1 : null) })
    },
    list: () => entries.map(({ script, remaining }) => ({ ...script, remaining })),
    clear() {
      entries.length = 0
    },
    take(event) {
      for (const entry of entries) {
        if (entry.remaining === 0) continue
        if (entry.script.event !== undefined && entry.script.event !== event) continue
        if (entry.script.probability !== undefined && random() >= entry.script.probability) continue
        if (entry.remaining !== null) entry.remaining -= 1
        return entry.script
      }
      return null
    },
  }
}
