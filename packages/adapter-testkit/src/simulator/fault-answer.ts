import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { htmlAnswer, jsonAnswer, type SimulatorAnswer } from './answer.ts'
import type { FaultFields } from './fault-script.ts'

const HTML_PAGE =
  '<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>'
const HUGE_BYTES = 64 * 1024 * 1024

/** Whether the request is carried out although its answer is spoilt. */
export function processesFirst(fault: FaultFields): boolean {
  switch (fault.kind) {
    case 'delay':
    case 'garbled':
    case 'huge':
    case 'cut-after-processing':
      return true
    case 'cut-before-processing':
      return false
    case 'rate-limited':
    case 'server-error':
    case 'html':
    case 'hang':
      return fault.afterProcessing ?? false
  }
}

/** Spoils the answer. `trueAnswer` is null when the request was not carried out. */
export async function answerWithFault(
  fault: FaultFields,
  trueAnswer: SimulatorAnswer | null,
  response: ServerResponse,
  onStatus: (status: number) => void,
): Promise<void> {
  if (fault.delayMs !== undefined) await sleep(fault.delayMs, undefined, { ref: false })
  switch (fault.kind) {
    case 'hang':
      return
    case 'cut-before-processing':
    case 'cut-after-processing':
      response.destroy()
      return
    case 'huge':
      onStatus(200)
      await sendHuge(response, fault.bytes ?? HUGE_BYTES)
      return
    case 'delay':
    case 'garbled':
    case 'rate-limited':
    case 'server-error':
    case 'html': {
      const answer = spoilt(fault, trueAnswer)
      onStatus(answer.status)
      response.writeHead(answer.status, answer.headers).end(answer.body)
    }
  }
}

function spoilt(fault: FaultFields, trueAnswer: SimulatorAnswer | null): SimulatorAnswer {
  const retryAfter: Record<string, string> =
    fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) }
  const answer = trueAnswer ?? jsonAnswer(500, { errorMessages: ['Internal server error'] })
  switch (fault.kind) {
    case 'garbled': {
      // A 204 carries no body to garble.
      const status = answer.status === 204 ? 200 : answer.status
      return { ...answer, status, body: `${answer.body.slice(0, answer.body.length / 2)}\u0000\uFFFD{{` }
    }
    case 'rate-limited':
      return jsonAnswer(429, { errorMessages: ['Rate limit exceeded.'] }, retryAfter)
    case 'server-error':
      return jsonAnswer(fault.status ?? 503, { errorMessages: ['Service unavailable'] }, retryAfter)
    case 'html': {
      const page = htmlAnswer(fault.status ?? 502, HTML_PAGE)
      return { ...page, headers: { ...page.headers, ...retryAfter } }
    }
    case 'delay':
    case 'huge':
    case 'hang':
    case 'cut-before-processing':
    case 'cut-after-processing':
      return answer
  }
}

async function sendHuge(response: ServerResponse, bytes: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json' })
  // A client that has had enough closes the connection, and that is no failure of ours.
  await pipeline(filler(bytes), response).catch(() => undefined)
}

function* filler(bytes: number): Generator<string> {
  const chunk = 'x'.repeat(64 * 1024)
  yield '{"filler":"'
  for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk
  yield '"}'
}
