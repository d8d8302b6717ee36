import { parseAnswer, type HttpAnswer } from '@tripline/adapter-http'
import { UnexpectedResponse } from '@tripline/core'
import { bayeuxError } from './bayeux-errors.ts'
import { bayeuxAnswerSchema, type BayeuxAdvice, type BayeuxMessage } from './bayeux-payloads.ts'

/** Sends messages and answers what came back with status 2xx; throws TicketingErrors for everything else. */
export type SendMessages = (
  messages: readonly object[],
  headers: Readonly<Record<string, string>>,
  limits: { readonly timeoutMs: number; readonly signal: AbortSignal },
) => Promise<HttpAnswer>

/** As long as Salesforce holds a request open. */
const HELD_OPEN_MS = 110_000
const LONGEST_HELD_OPEN_MS = 240_000

/**
 * One client of a CometD server, by long polling. It neither repeats nor waits by itself: whoever has it does, because the
 * class of what failed says what to do.
 */
export class BayeuxClient {
  readonly #send: SendMessages
  readonly #timeoutMs: number
  readonly #cookies = new Map<string, string>()
  #clientId = ''
  #lastId = 0
  #advice: BayeuxAdvice = {}

  /** @param timeoutMs how long an answer may take, beside the time for which a request is held open on purpose */
  constructor(send: SendMessages, timeoutMs: number) {
    this.#send = send
    this.#timeoutMs = timeoutMs
  }

  /** What the other side said last. */
  get advice(): BayeuxAdvice {
    return this.#advice
  }

  async handshake(signal: AbortSignal): Promise<void> {
    const body = {
      version: '1.0',
      minimumVersion: '1.0',
      supportedConnectionTypes: ['long-polling'],
      ext: { replay: true },
    }
    const { reply } = await this.#ask('/meta/handshake', body, signal)
    if (reply.clientId === undefined) throw new UnexpectedResponse('The handshake gave no client id.')
    this.#clientId = reply.clientId
  }

  /**
   * Answers what came along.
   *
   * @param replayId after which event to begin; -1: with new ones
   * @throws ReplayRefused when events as old are not kept
   */
  async subscribe(channel: string, replayId: number, signal: AbortSignal): Promise<readonly unknown[]> {
    const body = { clientId: this.#clientId, subscription: channel, ext: { replay: { [channel]: replayId } } }
    return (await this.#ask('/meta/subscribe', body, signal)).data
  }

  /** Waits for data, as long as the other side holds the request open. */
  async connect(signal: AbortSignal): Promise<readonly unknown[]> {
    const heldOpenMs = Math.min(this.#advice.timeout ?? HELD_OPEN_MS, LONGEST_HELD_OPEN_MS)
    const body = { clientId: this.#clientId, connectionType: 'long-polling' }
    return (await this.#ask('/meta/connect', body, signal, heldOpenMs)).data
  }

  async disconnect(signal: AbortSignal): Promise<void> {
    await this.#ask('/meta/disconnect', { clientId: this.#clientId }, signal)
  }

  async #ask(
    channel: string,
    body: object,
    signal: AbortSignal,
    heldOpenMs = 0,
  ): Promise<{ readonly reply: BayeuxMessage; readonly data: readonly unknown[] }> {
    const id = String((this.#lastId += 1))
    // The cookies lead to the machine that knows the client.
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const limits = { timeoutMs: heldOpenMs + this.#timeoutMs, signal }
    const answer = await this.#send([{ ...body, channel, id }], cookie === '' ? {} : { cookie }, limits)
    this.#keepCookies(answer.headers)
    const messages = parseAnswer(answer, bayeuxAnswerSchema)
    for (const { advice } of messages) this.#advice = { ...this.#advice, ...advice }
    const reply = messages.find((message) => message.channel === channel)
    if (reply === undefined) throw new UnexpectedResponse(`Nothing in the answer replies to ${channel}.`)
    if (reply.successful !== true) throw bayeuxError(reply)
    const data = messages.flatMap((message) =>
      message.channel.startsWith('/meta/') || message.data === undefined ? [] : [message.data],
    )
    return { reply, data }
  }

  #keepCookies(headers: Headers): void {
    for (const line of headers.getSetCookie()) {
      const [, name, value] = /^\s*([^=;\s]+)=([^;]*)/u.exec(line) ?? []
      if (name !== undefined && value !== undefined) this.#cookies.set(name, value.trim())
    }
  }
}
