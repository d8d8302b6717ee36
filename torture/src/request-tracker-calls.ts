import { once } from 'node:events'
import type { PassedRequest } from '../../packages/plugin-request-tracker/test/real/fault-proxy.ts'
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'

/** A request that somebody waits for. */
export interface SentRequest {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A request that is passed on for the proxy. */
export interface ToPass {
  readonly number: number
  readonly url: string
  readonly request: PassedRequest
}

/** What came of it. */
export type PassedAnswer =
  | {
      readonly number: number
      readonly status: number
      readonly headers: [string, string][]
      readonly body: string
    }
  | { readonly number: number; readonly error: string }

/** What a scrip of RT's sent. */
export interface ReceivedHook {
  readonly path: string
  readonly signature: string
  readonly body: string
}

/** What the thread is given. */
export interface ThreadPorts {
  readonly requests: MessagePort
  readonly passes: MessagePort
  readonly hooks: MessagePort
  readonly answered: Int32Array<SharedArrayBuffer>
}

const PATIENCE_MS = 60_000

/**
 * Asks RT and waits for the answer, which nothing else of this process does meanwhile. RT itself tells of a change before
 * it answers whoever made it, and its few workers wait for the rest of any request that was begun: hence a thread that
 * takes what it tells, and passes the requests of others on.
 */
export class RequestTrackerCalls implements AsyncDisposable {
  /** Where scrips send to. */
  readonly receiverUrl: string
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #passes: MessagePort
  readonly #answered: Int32Array<SharedArrayBuffer>
  readonly #passing = new Map<number, PromiseWithResolvers<Response>>()
  #lastPassed = 0

  private constructor(
    worker: Worker,
    port: MessagePort,
    passes: MessagePort,
    answered: Int32Array<SharedArrayBuffer>,
    receiverUrl: string,
  ) {
    this.#worker = worker
    this.#port = port
    this.#passes = passes
    passes.on('message', (answer: PassedAnswer) => this.#receive(answer))
    this.#answered = answered
    this.receiverUrl = receiverUrl
  }

  static async start(onHook: (hook: ReceivedHook) => void): Promise<RequestTrackerCalls> {
    const [requests, passes, hooks] = [new MessageChannel(), new MessageChannel(), new MessageChannel()]
    const answered = new Int32Array(new SharedArrayBuffer(4))
    const workerData: ThreadPorts = {
      requests: requests.port2,
      passes: passes.port2,
      hooks: hooks.port2,
      answered,
    }
    const worker = new Worker(new URL('request-tracker-thread.ts', import.meta.url), {
      workerData,
      transferList: [requests.port2, passes.port2, hooks.port2],
    })
    const [receiverUrl] = (await once(hooks.port1, 'message')) as [string]
    hooks.port1.on('message', onHook)
    return new RequestTrackerCalls(worker, requests.port1, passes.port1, answered, receiverUrl)
  }

  /** @throws Error when nobody answers */
  ask(request: SentRequest): { readonly status: number; readonly body: string } {
    Atomics.store(this.#answered, 0, 0)
    this.#port.postMessage(request)
    Atomics.wait(this.#answered, 0, 0, PATIENCE_MS)
    const answer = receiveMessageOnPort(this.#port) as {
      message: { status: number; body: string }
    } | null
    if (answer === undefined || answer === null || answer.message.status === 0)
      throw new Error(`${request.method} ${request.url}: ${answer?.message.body ?? 'no answer'}`)
    return answer.message
  }

  /** Passes a request on, and does not wait for it. */
  readonly fetch = (url: string, request: PassedRequest): Promise<Response> => {
    const number = ++this.#lastPassed
    const passing = Promise.withResolvers<Response>()
    this.#passing.set(number, passing)
    const sent: ToPass = { number, url, request }
    this.#passes.postMessage(sent)
    return passing.promise
  }

  #receive(answer: PassedAnswer): void {
    const passing = this.#passing.get(answer.number)
    this.#passing.delete(answer.number)
    if ('error' in answer) passing?.reject(new Error(answer.error))
    else {
      const { body, headers, status } = answer
      passing?.resolve(new Response(body === '' ? null : body, { status, headers }))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate()
  }
}
