import type { Chance } from './chance.ts'
import { pause } from './wait.ts'
import type { World } from './world.ts'

/** How often what went wrong, by kind. */
export type FaultCounts = Readonly<Record<string, number>>

/** Lets things go wrong until it is told to stop. */
export class Chaos {
  readonly #world: World
  readonly #counts = { 'server-killed': 0, 'postgres-stopped': 0, 'postgres-killed': 0 }
  readonly #stop = new AbortController()
  #work: Promise<unknown> = Promise.resolve()

  constructor(world: World) {
    this.#world = world
  }

  counts(): FaultCounts {
    const all = new Map<string, number>(Object.entries(this.#counts))
    for (const site of this.#world.sites) {
      for (const [kind, times] of Object.entries(site.faults.counts()))
        all.set(kind, (all.get(kind) ?? 0) + times)
    }
    return Object.fromEntries([...all].filter(([, times]) => times > 0))
  }

  total(): number {
    return Object.values(this.counts()).reduce((sum, times) => sum + times, 0)
  }

  start(): void {
    const { options, sites, chance } = this.#world
    for (const site of sites) site.faults.set(options.profile)
    this.#work = Promise.all([
      this.#killServers(chance.fork('kills')),
      this.#restartPostgres(chance.fork('restarts')),
      this.#releaseWebhooks(chance.fork('webhooks')),
      this.#world.fleet.supervise(this.#stop.signal),
    ])
  }

  /** Lets nothing more go wrong, and has everything running again. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#work
    for (const site of this.#world.sites) {
      site.faults.clear()
      site.webhooks.release()
    }
    await this.#world.fleet.reviveAll()
  }

  async #killServers(chance: Chance): Promise<void> {
    const { options, fleet } = this.#world
    if (options.killEveryMs === null) return
    for (;;) {
      await pause(options.killEveryMs * (0.5 + chance.number()), this.#stop.signal)
      if (this.#stop.signal.aborted) return
      const server = chance.one(fleet.servers)
      if (!server.isRunning) continue
      await server.kill()
      this.#counts['server-killed'] += 1
      await pause(chance.integer(0, 1_500), this.#stop.signal)
      await fleet.revive(server)
    }
  }

  async #restartPostgres(chance: Chance): Promise<void> {
    const { options, postgres } = this.#world
    if (options.restartEveryMs === null) return
    for (;;) {
      await pause(options.restartEveryMs * (0.5 + chance.number()), this.#stop.signal)
      if (this.#stop.signal.aborted) return
      const how = chance.one(['immediate', 'kill'] as const)
      await postgres.restart(how)
      this.#counts[how === 'kill' ? 'postgres-killed' : 'postgres-stopped'] += 1
    }
  }

  async #releaseWebhooks(chance: Chance): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await pause(chance.integer(1_000, 5_000), this.#stop.signal)
      for (const { webhooks } of this.#world.sites) webhooks.release()
    }
  }
}
