import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { Chance } from './chance.ts'
import { ServerProcess, type ServerOptions } from './server-process.ts'
import { pause, waitUntil } from './wait.ts'

const START_TIMEOUT_MS = 180_000
const GRAPHQL_TIMEOUT_MS = 15_000

/** The gateway: several servers on one database, and an address in front of them for webhooks. */
export class Fleet implements AsyncDisposable {
  readonly servers: readonly ServerProcess[]
  /** Errors that nobody expected, as clients were told of them. */
  readonly errors = new Map<string, number>()
  readonly #key: string
  readonly #chance: Chance
  readonly #balancer: Server

  constructor(count: number, options: ServerOptions, chance: Chance) {
    this.servers = Array.from(
      { length: count },
      (_, index) => new ServerProcess(`server ${index + 1}`, options),
    )
    this.#key = options.adminApiKey
    this.#chance = chance
    this.#balancer = createServer((request, response) => {
      void buffer(request)
        .then(async (body) => {
          const url = this.#livingUrl()
          const headers = Object.fromEntries(
            Object.entries(request.headers).filter(([name]) => /^(content-type|x-)/u.test(name)),
          ) as Record<string, string>
          const answer = await fetch(`${url}${request.url}`, { method: 'POST', headers, body })
          response.writeHead(answer.status).end(await answer.text())
        })
        .catch(() => response.writeHead(503).end())
    })
  }

  /** Where webhooks are sent to. */
  get webhookUrl(): string {
    return `http://127.0.0.1:${(this.#balancer.address() as AddressInfo).port}`
  }

  async start(): Promise<void> {
    this.#balancer.listen(0, '127.0.0.1')
    await once(this.#balancer, 'listening')
    // One after the other at first: the first one migrates, the others find it done.
    for (const server of this.servers) await this.revive(server)
  }

  /** Starts again whatever ended by itself, as a supervisor does, until the signal aborts. */
  async supervise(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(500, signal)
      const ended = this.servers.filter((server) => server.hasEndedItself)
      await Promise.all(ended.map((server) => this.revive(server)))
    }
  }

  /** Starts a server until it answers. @throws Error with its last words */
  async revive(server: ServerProcess): Promise<void> {
    const answers = await waitUntil(async () => {
      if (!server.isRunning) await server.start()
      return server.url !== null
    }, START_TIMEOUT_MS)
    if (!answers)
      throw new Error(`${server.name} does not start:\n${server.lastLines().slice(-20).join('\n')}`)
  }

  async reviveAll(): Promise<void> {
    await Promise.all(this.servers.map((server) => this.revive(server)))
  }

  /** What a living server answers; `null` when none did, so that nobody knows whether it was done. */
  async ask<Data>(query: string, variables: Readonly<Record<string, unknown>>): Promise<Data | null> {
    try {
      const answer = await fetch(`${this.#livingUrl()}/graphql`, {
        method: 'POST',
        headers: this.headers('application/json'),
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.timeout(GRAPHQL_TIMEOUT_MS),
      })
      const { data, errors } = (await answer.json()) as {
        data?: Data | null
        errors?: readonly { message: string }[]
      }
      const misuse = errors?.find(({ message }) => /Cannot query|Unknown|Variable/u.test(message))
      if (misuse !== undefined) throw new TypeError(misuse.message)
      if (errors === undefined) return data ?? null
      for (const { message } of errors) this.errors.set(message, (this.errors.get(message) ?? 0) + 1)
      return null
    } catch (error) {
      if (error instanceof TypeError && /Cannot query|Unknown|Variable/u.test(error.message)) throw error
      return null
    }
  }

  headers(accept: string): Record<string, string> {
    return { accept, 'content-type': 'application/json', authorization: `Bearer ${this.#key}` }
  }

  /** @throws Error when none lives */
  livingUrl(): string {
    return this.#livingUrl()
  }

  #livingUrl(): string {
    const urls = this.servers.flatMap(({ url }) => url ?? [])
    if (urls.length === 0) throw new Error('No server lives.')
    return this.#chance.one(urls)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()))
    this.#balancer.close()
    this.#balancer.closeAllConnections()
  }
}
