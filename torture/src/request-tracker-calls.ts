import { once } from 'node:events'
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'

/** A request that somebody waits for. */
export interface SentRequest {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What a scrip of RT's sent. */
export interface ReceivedHook {
  readonly path: string
  readonly signature: string
  readonly body: string
}

/** What the thread is given. */
export interface ThreadPorts {
  readonly requests: MessagePort
  readonly hooks: MessagePort
  readonly answered: Int32Array<SharedArrayBuffer>
}

const PATIENCE_MS = 60_000

/**
 * Asks RT and waits for the answer, which nothing else of this process does meanwhile. RT itself tells of a change before
 * it answers whoever made it, hence a thread that takes what it tells.
 */
export class RequestTrackerCalls implements AsyncDisposable {
  /** Where scrips send to. */
  readonly receiverUrl: string
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #answered: Int32Array<SharedArrayBuffer>

  private constructor(
    worker: Worker,
    port: MessagePort,
    answered: Int32Array<SharedArrayBuffer>,
    receiverUrl: string,
  ) {
    this.#worker = worker
    this.#port = port
    this.#answered = answered
    this.receiverUrl = receiverUrl
  }

  static async start(onHook: (hook: ReceivedHook) => void): Promise<RequestTrackerCalls> {
    const [requests, hooks] = [new MessageChannel(), new MessageChannel()]
    const answered = new Int32Array(new SharedArrayBuffer(4))
    const workerData: ThreadPorts = { requests: requests.port2, hooks: hooks.port2, answered }
    const worker = new Worker(new URL('request-tracker-thread.ts', import.meta.url), {
      workerData,
      transferList: [requests.port2, hooks.port2],
    })
    const [receiverUrl] = (await once(hooks.port1, 'message')) as [string]
    hooks.port1.on('message', onHook)
    return new RequestTrackerCalls(worker, requests.port1, answered, receiverUrl)
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate()
  }
}
