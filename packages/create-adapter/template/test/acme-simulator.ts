import { jsonAnswer, type SimulatorServer, startSimulatorServer } from '@tripline/adapter-testkit/simulator'

export const accounts = {
  self: { id: 'a1', name: 'tripline' },
  maria: { id: 'a2', name: 'maria' },
  /** Exists, and no ticket can be assigned to it. */
  auditor: { id: 'a3', name: 'auditor' },
}

/** A ticket as the simulator keeps it. Give it what Acme's tickets have. */
export interface StoredTicket {
  readonly id: number
  readonly dedupeKey: string
  readonly summary: string
  readonly description: string
  readonly backlinks: readonly string[]
  readonly updatedAt: Date
}

/** An Acme that is a real HTTP server. */
export interface AcmeSimulator extends SimulatorServer {
  readonly tickets: Map<number, StoredTicket>
  /** Changes a ticket as a person does. */
  edit(id: number, change: Partial<StoredTicket>): StoredTicket
}

/** Starts an Acme with nothing in it. */
export async function startAcme(token: string): Promise<AcmeSimulator> {
  const tickets = new Map<number, StoredTicket>()
  const server = await startSimulatorServer({
    title: 'Acme',
    guard: ({ headers }) =>
      headers.authorization === `Bearer ${token}` ? null : jsonAnswer(401, { error: 'who are you?' }),
    notFound: () => jsonAnswer(404, { error: 'no such route' }),
  })
  // One for each call of the adapter, as strict as Acme is: unknown fields, texts that are too long and ids that do not exist
  // are refused. A simulator that takes everything proves nothing.
  server.serve([
    {
      method: 'GET',
      path: '/api/me',
      handle: () => jsonAnswer(200, { product: 'Acme 1.0', account: accounts.self }),
    },
  ])
  return {
    ...server,
    tickets,
    edit(id, change) {
      const ticket = tickets.get(id)
      if (ticket === undefined) throw new Error(`There is no ticket ${id}`)
      const updatedAt = new Date(Math.max(Date.now(), ticket.updatedAt.getTime() + 1))
      const edited = { ...ticket, ...change, updatedAt }
      tickets.set(id, edited)
      return edited
    },
  }
}
