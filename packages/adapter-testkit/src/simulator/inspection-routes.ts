import { ZodError } from 'zod'
import { emptyAnswer, htmlAnswer, jsonAnswer, type SimulatorAnswer } from './answer.ts'
import { parseFaultFields } from './fault-script.ts'
import type { FaultBook } from './faults.ts'
import { inspectionPage } from './inspection-page.ts'
import type { RequestLog } from './request-log.ts'
import type { Route } from './router.ts'
import { param, type SimulatorRequest } from './simulator-request.ts'
import { parseWebhookFault } from './webhook-fault.ts'
import type { WebhookSender } from './webhook-sender.ts'

export interface InspectionParts {
  readonly title: string
  readonly log: RequestLog
  readonly faults: FaultBook
  readonly webhooks: WebhookSender
  readonly reset: () => void
}

/** Lets another process, or a person, look at the simulator and script its faults. Never subject to faults itself. */
export function inspectionRoutes(parts: InspectionParts): Route[] {
  const { log, faults, webhooks } = parts
  return [
    route('GET', 'requests', () => jsonAnswer(200, { requests: log.entries })),
    route('DELETE', 'requests', () => done(() => log.clear())),
    route('GET', 'faults', () => jsonAnswer(200, { faults: faults.list() })),
    route('POST', 'faults', (request) => scripted(request, (value) => faults.add(parseFaultFields(value)))),
    route('DELETE', 'faults', () => done(() => faults.clear())),
    route('DELETE', 'faults/:id', (request) => emptyAnswer(faults.remove(param(request, 'id')) ? 204 : 404)),
    route('GET', 'webhooks', () => jsonAnswer(200, { deliveries: webhooks.deliveries() })),
    route('POST', 'webhooks/release', () => done(() => webhooks.release())),
    route('GET', 'webhook-faults', () => jsonAnswer(200, { faults: webhooks.faults.list() })),
    route('POST', 'webhook-faults', (request) =>
      scripted(request, (value) => {
        const script = parseWebhookFault(value)
        webhooks.faults.add(script)
        return script
      }),
    ),
    route('DELETE', 'webhook-faults', () => done(() => webhooks.faults.clear())),
    route('POST', 'reset', () => done(parts.reset)),
    route('GET', 'page', () => htmlAnswer(200, inspectionPage(parts))),
  ]
}

function route(method: string, path: string, handle: Route['handle']): Route {
  return { method, path: `/_sim/${path}`, handle }
}

function done(act: () => void): SimulatorAnswer {
  act()
  return emptyAnswer(204)
}

function scripted(request: SimulatorRequest, add: (value: unknown) => unknown): SimulatorAnswer {
  try {
    return jsonAnswer(201, add(JSON.parse(request.rawBody.toString('utf8'))))
  } catch (error) {
    if (error instanceof SyntaxError)
      return jsonAnswer(400, { error: `The body is no JSON: ${error.message}` })
    if (error instanceof ZodError) return jsonAnswer(400, { error: 'This is no fault', issues: error.issues })
    throw error
  }
}
