import {
  AnswerNow,
  jsonAnswer,
  param,
  type SimulatorRequest,
  type SimulatorServer,
  startSimulatorServer,
} from '@tripline/adapter-testkit/simulator'
import { z } from 'zod'
import type { DeskTicket } from '../src/desk-payloads.ts'

export const agents = {
  self: { id: 'a1', name: 'tripline' },
  maria: { id: 'a2', name: 'maria' },
  /** No member of the queue. */
  auditor: { id: 'a3', name: 'auditor' },
}
const members = [agents.maria]

const content = {
  subject: z.string().regex(/^.{1,200}$/u),
  body: z.string().max(20_000),
  priority: z.enum(['low', 'high']).nullable(),
  tags: z.array(z.string().regex(/^.{1,50}$/u)),
  links: z.array(z.strictObject({ url: z.url(), title: z.string() })),
}
const creationSchema = z.strictObject({ ...content, externalId: z.string(), queue: z.literal('SEC') })
const changeSchema = z
  .strictObject({
    ...content,
    status: z.enum(['new', 'working', 'done']),
    agent: z.enum(members.map(({ id }) => id)).nullable(),
  })
  .partial()
  .extend({ version: z.int() })

/** A Desk that is a real HTTP server. */
export interface DeskSimulator extends SimulatorServer {
  readonly tickets: Map<number, DeskTicket>
  /** Changes a ticket as a person does. */
  edit(id: number, change: Partial<DeskTicket>): DeskTicket
}

/** Starts a Desk with one queue, SEC, and nothing in it. */
export async function startDesk(token: string): Promise<DeskSimulator> {
  const tickets = new Map<number, DeskTicket>()
  const server = await startSimulatorServer({
    title: 'Desk',
    guard: ({ headers }) =>
      headers.authorization === `Bearer ${token}` ? null : refusal(401, 'authorization', 'who are you?'),
    notFound: () => jsonAnswer(404, { error: 'no such route' }),
  })
  const ticketOf = (request: SimulatorRequest): DeskTicket => {
    const ticket = tickets.get(Number(param(request, 'id')))
    if (ticket === undefined) throw new AnswerNow(refusal(404, 'id', 'no such ticket'))
    return ticket
  }
  const edit: DeskSimulator['edit'] = (id, change) => {
    const ticket = tickets.get(id)
    if (ticket === undefined) throw new Error(`There is no ticket ${id}`)
    const updatedAt = new Date(Math.max(Date.now(), Date.parse(ticket.updatedAt) + 1)).toISOString()
    const edited = { ...ticket, ...change, version: ticket.version + 1, updatedAt }
    tickets.set(id, edited)
    return edited
  }
  server.serve([
    {
      method: 'GET',
      path: '/api/me',
      handle: () => jsonAnswer(200, { product: 'Desk 3.1', agent: agents.self }),
    },
    {
      method: 'GET',
      path: '/api/queues',
      handle: () => jsonAnswer(200, [{ name: 'SEC', fields: [], agents: members }]),
    },
    {
      method: 'GET',
      path: '/api/tickets',
      handle({ query }) {
        const wanted = query.get('externalId')
        return jsonAnswer(
          200,
          [...tickets.values()].filter(({ externalId }) => externalId === wanted),
        )
      },
    },
    {
      method: 'POST',
      path: '/api/tickets',
      handle(request) {
        const id = tickets.size + 1
        const created = { ...parsed(creationSchema, request), id, version: 1, status: 'new', agent: null }
        const ticket: DeskTicket = { ...created, updatedAt: new Date().toISOString() }
        tickets.set(id, ticket)
        return jsonAnswer(201, ticket)
      },
    },
    { method: 'GET', path: '/api/tickets/:id', handle: (request) => jsonAnswer(200, ticketOf(request)) },
    {
      method: 'PATCH',
      path: '/api/tickets/:id',
      handle(request) {
        const ticket = ticketOf(request)
        const { agent, version, ...rest } = parsed(changeSchema, request)
        if (version !== ticket.version) return refusal(409, 'version', `is ${ticket.version} now`)
        const assigned = agent === undefined ? {} : { agent: members.find(({ id }) => id === agent) ?? null }
        return jsonAnswer(200, edit(ticket.id, { ...(rest as Partial<DeskTicket>), ...assigned }))
      },
    },
  ])
  return { ...server, tickets, edit }
}

function parsed<Value>(schema: z.ZodType<Value>, { rawBody }: SimulatorRequest): Value {
  const result = schema.safeParse(JSON.parse(rawBody.toString('utf8')))
  if (result.success) return result.data
  const [issue] = result.error.issues
  const field = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path[0]
  throw new AnswerNow(refusal(422, String(field), issue?.message ?? 'is not right'))
}

function refusal(status: number, field: string, message: string) {
  return jsonAnswer(status, { errors: [{ field, message }] })
}
