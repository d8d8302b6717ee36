import { type HttpAnswer, type HttpClient, type HttpRequest, parseAnswer } from '@tripline/adapter-http'
import {
  type JsonObject,
  type SourceTracking,
  TicketNotFound,
  Unauthorized,
  UnexpectedResponse,
} from '@tripline/core'
import type { z } from 'zod'
import type { Credentials } from './extrahop-credentials.ts'
import { missingRoute, saysNoDetection } from './extrahop-errors.ts'
import { stateSchema } from './extrahop-payloads.ts'
import type { ExtrahopSettings } from './settings.ts'

/** The requests of one call of the adapter, which end with its signal. */
export class ExtrahopClient {
  readonly #http: HttpClient
  readonly #credentials: Credentials
  readonly #root: string
  readonly #signal: AbortSignal

  constructor(
    http: HttpClient,
    credentials: Credentials,
    { baseUrl }: Pick<ExtrahopSettings, 'baseUrl'>,
    signal: AbortSignal,
  ) {
    this.#http = http
    this.#credentials = credentials
    this.#root = `${baseUrl}/api/v1`
    this.#signal = signal
  }

  /** Reads something that every appliance has. @throws PluginOutdated when it has not */
  async get<Value>(path: string, schema: z.ZodType<Value>): Promise<Value> {
    const answer = await this.#send({ method: 'GET', url: `${this.#root}${path}` })
    if (answer.status === 404) throw missingRoute(answer)
    return parseAnswer(answer, schema)
  }

  /** Detections in the order and of the kind that the criteria say. */
  async search<Value>(criteria: JsonObject, schema: z.ZodType<Value>): Promise<Value> {
    const url = `${this.#root}/detections/search`
    const answer = await this.#send({ method: 'POST', url, body: criteria, writes: false })
    if (answer.status === 404) throw missingRoute(answer)
    return parseAnswer(answer, schema)
  }

  /** How a detection is tracked; `null`: there is no such detection. */
  async findTracking(id: string): Promise<SourceTracking | null> {
    const answer = await this.#send({ method: 'GET', url: this.#detection(id) })
    if (answer.status === 404) {
      if (saysNoDetection(answer)) return null
      throw missingRoute(answer)
    }
    const { id: answered, ...tracking } = parseAnswer(answer, stateSchema)
    if (answered !== id) throw new UnexpectedResponse(`${answer.request} answered with another detection.`)
    return tracking
  }

  /** Changes what a body has of a detection; one without members changes nothing. */
  async patchDetection(id: string, body: JsonObject): Promise<void> {
    const answer = await this.#send({ method: 'PATCH', url: this.#detection(id), body })
    if (answer.status !== 404) return
    if (!saysNoDetection(answer)) throw missingRoute(answer)
    throw new TicketNotFound(`${answer.request} answered 404: there is no such detection (any more).`)
  }

  #detection(id: string): string {
    return `${this.#root}/detections/${encodeURIComponent(id)}`
  }

  async #send(request: HttpRequest): Promise<HttpAnswer> {
    const headers = await this.#credentials.current(this.#signal)
    try {
      return await this.#http.send({ ...request, headers }, this.#signal)
    } catch (error) {
      if (!(error instanceof Unauthorized)) throw error
      const renewed = await this.#credentials.renewed(headers, this.#signal)
      if (renewed === null) throw error
      return await this.#http.send({ ...request, headers: renewed }, this.#signal)
    }
  }
}
