import { randomBytes } from 'node:crypto'
import {
  jsonAnswer,
  param,
  type Route,
  type SimulatorAnswer,
  type SimulatorRequest,
} from '@tripline/adapter-testkit/simulator'
import { z } from 'zod'
import { apiVersions } from './api-route.ts'
import type { ChangeEvent, ChangeEvents } from './change-events.ts'
import { errorAnswer, notFound } from './salesforce-error.ts'
import type { TokenStore } from './tokens.ts'

/** The CometD endpoint of an organisation. */
export interface Cometd {
  readonly routes: readonly Route[]
  /** Ends what is held open, so that whoever waits learns what has changed. */
  wake(): void
  /** As when the machine that knew them restarts. */
  forgetClients(): void
  /** How many clients there are. */
  readonly clientCount: number
}

interface Client {
  readonly id: string
  readonly cookie: string
  isSubscribed: boolean
  hasConnected: boolean
  lastSeen: number
  waiting: ChangeEvent[]
  /** Ends the connect that is held open. */
  release: (() => void) | null
}

const CHANNEL = '/data/CaseChangeEvent'
const MOST_CLIENTS = 20
/** A client that has not connected for so long is gone. */
const FORGOTTEN_AFTER_MS = 30_000

const messageSchema = z.object({
  channel: z.string(),
  id: z.string().optional(),
  clientId: z.string().optional(),
  connectionType: z.string().optional(),
  supportedConnectionTypes: z.array(z.string()).optional(),
  subscription: z.string().optional(),
  ext: z.object({ replay: z.union([z.boolean(), z.record(z.string(), z.int())]).optional() }).optional(),
})
type Message = z.output<typeof messageSchema>

/**
 * Change events by long polling, each to whoever is subscribed, once: what is in an answer that gets lost is sent again
 * only to who subscribes anew and names where to begin.
 */
export function createCometd(events: ChangeEvents, tokens: TokenStore, heldOpenMs: number): Cometd {
  const clients = new Map<string, Client>()
  const advice = { reconnect: 'retry', interval: 0, timeout: heldOpenMs }
  events.follow((event) => {
    for (const client of clients.values()) {
      if (!client.isSubscribed) continue
      client.waiting.push(event)
      client.release?.()
    }
  })

  function handshake(
    message: Message,
    isKnown: boolean,
  ): { readonly reply: object; readonly client?: Client } {
    const refused = (failureReason: string): { readonly reply: object } => ({
      reply: {
        ...replyTo(message),
        successful: false,
        error: '403::Handshake denied',
        advice: { reconnect: 'none' },
        ext: { sfdc: { failureReason }, replay: true },
      },
    })
    if (!isKnown) return refused('401::Authentication invalid')
    for (const { id, lastSeen, release } of clients.values()) {
      if (release === null && lastSeen < performance.now() - FORGOTTEN_AFTER_MS) clients.delete(id)
    }
    if (clients.size >= MOST_CLIENTS) return refused('403::Organization concurrent user limit exceeded')
    const client: Client = {
      id: randomBytes(12).toString('hex'),
      cookie: randomBytes(9).toString('base64url'),
      isSubscribed: false,
      hasConnected: false,
      lastSeen: performance.now(),
      waiting: [],
      release: null,
    }
    clients.set(client.id, client)
    const reply = {
      ...replyTo(message),
      successful: true,
      version: '1.0',
      minimumVersion: '1.0',
      clientId: client.id,
      supportedConnectionTypes: ['long-polling'],
      ext: { replay: true, 'payload.format': true },
    }
    return { reply, client }
  }

  function subscribe(message: Message, client: Client): object {
    const { subscription = '' } = message
    const refused = (error: string): object => ({
      ...replyTo(message),
      subscription,
      successful: false,
      error,
    })
    if (subscription !== CHANNEL) return refused(`404::Unknown channel ${subscription}`)
    const replay = message.ext?.replay
    const from = typeof replay === 'object' ? (replay[CHANNEL] ?? -1) : -1
    try {
      client.waiting = from === -1 ? [] : [...events.after(from)]
    } catch {
      return refused(
        `400::The replayId {${from}} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.`,
      )
    }
    client.isSubscribed = true
    return { ...replyTo(message), subscription, successful: true }
  }

  async function connect(message: Message, client: Client, isStillKnown: () => boolean): Promise<object[]> {
    client.release?.()
    // The first one is answered at once, to tell for how long the next ones will be held open.
    if (client.hasConnected && client.waiting.length === 0) await held(client)
    client.hasConnected = true
    client.lastSeen = performance.now()
    if (!isStillKnown()) return [unauthenticated(message)]
    if (!clients.has(client.id)) return [unknownClient(message)]
    const data = client.waiting.map((event) => ({ channel: CHANNEL, clientId: client.id, data: event.data }))
    client.waiting = []
    return [...data, { ...replyTo(message), clientId: client.id, successful: true, advice }]
  }

  function held(client: Client): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        if (client.release === end) client.release = null
        resolve()
      }
      const timer = setTimeout(end, heldOpenMs)
      timer.unref()
      client.release = end
    })
  }

  async function answerTo(message: Message, request: SimulatorRequest): Promise<SimulatorAnswer> {
    const token = /^(?:Bearer|OAuth) (.+)$/u.exec(request.headers.authorization ?? '')?.[1] ?? ''
    const isKnown = (): boolean => tokens.userOf(token) !== null
    if (message.channel === '/meta/handshake') {
      const { reply, client } = handshake(message, isKnown())
      const cookies =
        client === undefined ? {} : { 'set-cookie': `BAYEUX_BROWSER=${client.cookie};Path=/;HttpOnly` }
      return jsonAnswer(200, [reply], cookies)
    }
    if (!isKnown()) return jsonAnswer(200, [unauthenticated(message)])
    const client = clients.get(message.clientId ?? '')
    const hasCookie = request.headers.cookie?.includes(`BAYEUX_BROWSER=${client?.cookie}`) === true
    if (client === undefined || !hasCookie) return jsonAnswer(200, [unknownClient(message)])
    switch (message.channel) {
      case '/meta/subscribe':
        return jsonAnswer(200, [subscribe(message, client)])
      case '/meta/connect':
        return jsonAnswer(200, await connect(message, client, isKnown))
      case '/meta/disconnect':
        clients.delete(client.id)
        client.release?.()
        return jsonAnswer(200, [{ ...replyTo(message), clientId: client.id, successful: true }])
      default:
        return jsonAnswer(200, [{ ...replyTo(message), successful: false, error: '400::Unknown message' }])
    }
  }

  const wake = (): void => {
    for (const client of clients.values()) client.release?.()
  }
  return {
    routes: [
      {
        method: 'POST',
        path: '/cometd/:version',
        async handle(request) {
          if (!apiVersions.includes(param(request, 'version'))) throw notFound()
          const messages = z.array(messageSchema).length(1).safeParse(jsonOf(request))
          const [message] = messages.data ?? []
          if (message === undefined) return errorAnswer(400, 'BAD_REQUEST', 'One message is expected')
          return answerTo(message, request)
        },
      },
    ],
    wake,
    forgetClients() {
      const known = [...clients.values()]
      clients.clear()
      for (const client of known) client.release?.()
    },
    get clientCount() {
      return clients.size
    },
  }
}

function replyTo({ channel, id }: Message): object {
  return { channel, ...(id === undefined ? {} : { id }) }
}

function unauthenticated(message: Message): object {
  const error = '401::Authentication invalid'
  return { ...replyTo(message), successful: false, error, advice: { reconnect: 'none' } }
}

function unknownClient(message: Message): object {
  const error = '403::Unknown client'
  return { ...replyTo(message), successful: false, error, advice: { reconnect: 'handshake', interval: 0 } }
}

function jsonOf({ rawBody }: SimulatorRequest): unknown {
  try {
    return JSON.parse(rawBody.toString('utf8'))
  } catch {
    return null
  }
}
