import { setTimeout as sleep } from 'node:timers/promises'
import type { WebhookFaultBook, WebhookFaultKind, WebhookFaults } from './webhook-fault.ts'

/** One notification for one registered address. */
export interface WebhookMessage {
  readonly url: string
  readonly event: string
  readonly body: string
  /** Headers of the vendor, by how often the delivery was tried before. */
  readonly headers: (retry: number) => Readonly<Record<string, string>>
  /** Whether an answer with a good status takes the delivery; what does not is repeated. Absent: the status is enough. */
  readonly isAcknowledged?: (body: string) => boolean
}

export interface WebhookAttempt {
  readonly at: Date
  readonly headers: Readonly<Record<string, string>>
  readonly status: number | null
  /** Why there is no status. */
  readonly error: string | null
}

export interface WebhookDelivery {
  readonly id: string
  readonly url: string
  readonly event: string
  readonly body: string
  /** `refused`: answered with a status that is not retried. `failed`: retried to the end in vain. */
  readonly state: 'pending' | 'withheld' | 'dropped' | 'delivered' | 'refused' | 'failed'
  readonly fault: WebhookFaultKind | null
  readonly attempts: readonly WebhookAttempt[]
}

/** What tests and people see of the webhooks. */
export interface Webhooks {
  readonly faults: WebhookFaults
  /** Oldest first. */
  deliveries(): readonly WebhookDelivery[]
  /** Sends what was withheld. */
  release(): void
  /** Resolves when nothing is pending; what is withheld does not count. */
  idle(): Promise<void>
}

export interface WebhookSender extends Webhooks {
  enqueue(message: WebhookMessage): void
  clear(): void
  /** Gives up what is pending. */
  close(): Promise<void>
}

export interface WebhookSenderOptions {
  readonly now: () => Date
  readonly faults: WebhookFaultBook
  /** The pauses before each repetition; their number is the number of repetitions. */
  readonly retryGapsMs: readonly number[]
  readonly timeoutMs: number
}

interface Delivery {
  readonly id: string
  readonly url: string
  readonly event: string
  readonly body: string
  readonly headers: WebhookMessage['headers']
  readonly isAcknowledged?: WebhookMessage['isAcknowledged']
  state: WebhookDelivery['state']
  fault: WebhookFaultKind | null
  readonly attempts: WebhookAttempt[]
}

const RETRIED_STATUSES = new Set([408, 409, 425, 429])
const CAPACITY = 2_000

/** First attempts to one address go out in order; repetitions and delayed ones are overtaken. */
export function createWebhookSender(options: WebhookSenderOptions): WebhookSender {
  const deliveries: Delivery[] = []
  const held: { delivery: Delivery; untilNext: boolean }[] = []
  const lanes = new Map<string, Promise<unknown>>()
  const pending = new Set<Promise<void>>()
  const closing = new AbortController()
  let lastId = 0

  function track(work: Promise<void>): void {
    pending.add(work)
    void work.finally(() => pending.delete(work))
  }

  async function attempt(delivery: Delivery, retry: number): Promise<void> {
    const headers = { 'content-type': 'application/json; charset=UTF-8', ...delivery.headers(retry) }
    const at = options.now()
    try {
      const answer = await fetch(delivery.url, {
        method: 'POST',
        body: delivery.body,
        headers,
        redirect: 'manual',
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(options.timeoutMs)]),
      })
      const { isAcknowledged } = delivery
      const taken = isAcknowledged === undefined || !answer.ok || isAcknowledged(await answer.text())
      if (!answer.bodyUsed) await answer.body?.cancel()
      delivery.attempts.push({ at, headers, status: answer.status, error: taken ? null : 'not acknowledged' })
      if (!taken || answer.status >= 500 || RETRIED_STATUSES.has(answer.status)) return
      delivery.state = answer.ok ? 'delivered' : 'refused'
    } catch (error) {
      if (closing.signal.aborted) return
      delivery.attempts.push({ at, headers, status: null, error: reasonOf(error) })
    }
  }

  async function repeat(delivery: Delivery): Promise<void> {
    for (const [index, gapMs] of options.retryGapsMs.entries()) {
      if (delivery.state !== 'pending' || closing.signal.aborted) return
      await pause(gapMs)
      await attempt(delivery, index + 1)
    }
    if (delivery.state === 'pending' && !closing.signal.aborted) delivery.state = 'failed'
  }

  async function pause(ms: number): Promise<void> {
    // Rejects only when the sender is closed, and every caller looks at that next.
    await sleep(ms, undefined, { signal: closing.signal }).catch(() => undefined)
  }

  function send(delivery: Delivery): void {
    delivery.state = 'pending'
    const first = (lanes.get(delivery.url) ?? Promise.resolve()).then(() =>
      closing.signal.aborted ? undefined : attempt(delivery, 0),
    )
    lanes.set(delivery.url, first)
    track(first.then(() => repeat(delivery)))
  }

  function newDelivery(message: WebhookMessage, fault: WebhookFaultKind | null): Delivery {
    const delivery: Delivery = { ...message, id: String(++lastId), state: 'pending', fault, attempts: [] }
    deliveries.push(delivery)
    if (deliveries.length > CAPACITY) deliveries.splice(0, deliveries.length - CAPACITY)
    return delivery
  }

  function releaseAfter(url: string): void {
    for (const entry of held.filter(({ delivery, untilNext }) => untilNext && delivery.url === url)) {
      held.splice(held.indexOf(entry), 1)
      send(entry.delivery)
    }
  }

  return {
    faults: options.faults,
    deliveries: () =>
      deliveries.map(({ headers: _headers, isAcknowledged: _isAcknowledged, ...shown }) => ({
        ...shown,
        attempts: [...shown.attempts],
      })),
    enqueue(message) {
      const fault = options.faults.take(message.event)
      const delivery = newDelivery(message, fault?.kind ?? null)
      switch (fault?.kind) {
        case 'drop':
          delivery.state = 'dropped'
          return
        case 'withhold':
        case 'reorder':
          delivery.state = 'withheld'
          held.push({ delivery, untilNext: fault.kind === 'reorder' })
          return
        case 'delay':
          track(
            pause(fault.delayMs ?? 1_000).then(() => (closing.signal.aborted ? undefined : send(delivery))),
          )
          return
        case 'duplicate':
          send(delivery)
          send(newDelivery(message, 'duplicate'))
          break
        case undefined:
          send(delivery)
      }
      releaseAfter(message.url)
    },
    release() {
      for (const { delivery } of held.splice(0)) send(delivery)
    },
    async idle() {
      while (pending.size > 0) await Promise.all(pending)
    },
    clear() {
      deliveries.length = 0
      held.length = 0
    },
    async close() {
      closing.abort()
      await Promise.all(pending)
    },
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
