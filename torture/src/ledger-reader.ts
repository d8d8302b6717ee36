import type { Fleet } from './fleet.ts'
import { waitUntil } from './wait.ts'

const SUBSCRIPTION = `subscription ($after: String) {
  detectionUpdated(after: $after) { cursor event { id kind change } }
}`

interface Update {
  readonly cursor: string
  readonly event: { readonly id: string; readonly kind: string; readonly change: unknown } | null
}

/** Follows the ledger as a client does: over server-sent events, and at another server when its own dies. */
export class LedgerReader implements AsyncDisposable {
  /** The events' ids, in the order in which they came. */
  readonly seen: string[] = []
  connections = 0
  readonly #fleet: Fleet
  readonly #stop = new AbortController()
  readonly #tickets = new Set<string>()
  #cursor: string | null = null
  #work: Promise<void> = Promise.resolve()

  constructor(fleet: Fleet) {
    this.#fleet = fleet
  }

  /** Begins behind everything that has happened so far. */
  async start(): Promise<void> {
    const found = await waitUntil(async () => {
      const data = await this.#fleet.ask<{ detections: { liveCursor: string } }>(
        '{ detections(first: 1) { liveCursor } }',
        {},
      )
      this.#cursor = data?.detections.liveCursor ?? null
      return this.#cursor !== null
    }, 60_000)
    if (!found) throw new Error('No server says where the ledger is now.')
    this.#work = this.#follow()
  }

  /** Whether the ledger told of a ticket with this key. */
  knows(connection: string, key: string): boolean {
    return this.#tickets.has(`${connection} ${key}`)
  }

  async #follow(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.connections += 1
      // A server that dies in the middle of an answer is what this is about: the next one goes on.
      await this.#readFrom().catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  async #readFrom(): Promise<void> {
    const answer = await fetch(`${this.#fleet.livingUrl()}/graphql`, {
      method: 'POST',
      headers: this.#fleet.headers('text/event-stream'),
      body: JSON.stringify({ query: SUBSCRIPTION, variables: { after: this.#cursor } }),
      signal: this.#stop.signal,
    })
    if (!answer.ok || answer.body === null) return
    let rest = ''
    for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
      const messages = `${rest}${part}`.split('\n\n')
      rest = messages.pop() ?? ''
      for (const message of messages) this.#take(message)
    }
  }

  #take(message: string): void {
    const data = /^data: ?(.+)$/mu.exec(message)?.[1]
    if (data === undefined) return
    const update = (JSON.parse(data) as { data?: { detectionUpdated?: Update } | null }).data
      ?.detectionUpdated
    if (update === undefined || update.event === null) return
    this.#cursor = update.cursor
    this.seen.push(update.event.id.split(':').at(-1) ?? '')
    const { connection, ticketKey } = update.event.change as {
      connection?: string
      ticketKey?: string | null
    }
    if (typeof ticketKey === 'string') this.#tickets.add(`${connection} ${ticketKey}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#work
  }
}
