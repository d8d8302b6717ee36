import type { FaultFields, Faults, WebhookFaultKind, Webhooks } from '@tripline/adapter-testkit/simulator'

/** What goes wrong on a site, each with its probability. */
export interface FaultProfile {
  /** Of the calls that create tickets. */
  readonly creates: readonly FaultFields[]
  /** Of all calls, after those. */
  readonly calls: readonly FaultFields[]
  readonly webhooks: readonly {
    readonly kind: WebhookFaultKind
    readonly probability: number
    readonly delayMs?: number
  }[]
}

/** Lets a simulator fail, and counts how often it did. */
export class SiteFaults {
  readonly #faults: Faults
  readonly #webhooks: Webhooks
  readonly #create: Pick<FaultFields, 'method' | 'path'>
  readonly #counted = new Map<string, number>()
  #lastDelivery = 0

  /** @param create the request that creates a ticket */
  constructor(
    { faults, webhooks }: { readonly faults: Faults; readonly webhooks: Webhooks },
    create: Pick<FaultFields, 'method' | 'path'>,
  ) {
    this.#faults = faults
    this.#webhooks = webhooks
    this.#create = create
  }

  /** How often each kind has struck. */
  counts(): Readonly<Record<string, number>> {
    this.#countWebhooks()
    const all = new Map(this.#counted)
    for (const { script, hits } of this.#faults.list()) {
      all.set(script.kind, (all.get(script.kind) ?? 0) + hits)
    }
    return Object.fromEntries(all)
  }

  set({ calls, creates, webhooks }: FaultProfile): void {
    this.clear()
    for (const fault of creates) this.#faults.add({ ...fault, ...this.#create })
    for (const fault of calls) this.#faults.add(fault)
    for (const fault of webhooks) this.#webhooks.faults.add(fault)
  }

  clear(): void {
    for (const { script, hits } of this.#faults.list()) this.#add(script.kind, hits)
    this.#faults.clear()
    this.#webhooks.faults.clear()
  }

  #countWebhooks(): void {
    for (const { id, fault } of this.#webhooks.deliveries()) {
      if (Number(id) <= this.#lastDelivery) continue
      this.#lastDelivery = Number(id)
      if (fault !== null) this.#add(`webhook-${fault}`, 1)
    }
  }

  #add(kind: string, times: number): void {
    this.#counted.set(kind, (this.#counted.get(kind) ?? 0) + times)
  }
}
