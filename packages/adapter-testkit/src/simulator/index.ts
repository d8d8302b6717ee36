export { AnswerNow, emptyAnswer, htmlAnswer, jsonAnswer, seeOther, type SimulatorAnswer } from './answer.ts'
export type { Exchange } from './exchange.ts'
export { FAULT_KINDS, type FaultFields, type FaultKind, type FaultScript } from './fault-script.ts'
export type { Faults, ScriptedFault } from './faults.ts'
export { escapeHtml, Html, html, htmlPage } from './html.ts'
export { createLaggingIndex, type LaggingIndex } from './lagging-index.ts'
export { manualClock, type ManualClock } from './manual-clock.ts'
export type { LoggedRequest } from './request-log.ts'
export { matchPath, type Handler, type Route } from './router.ts'
export { seededRandom } from './seeded-random.ts'
export { bodyFields, param, type SimulatorRequest } from './simulator-request.ts'
export {
  startSimulatorServer,
  type SimulatorServer,
  type SimulatorServerOptions,
} from './simulator-server.ts'
export {
  WEBHOOK_FAULT_KINDS,
  type WebhookFaultKind,
  type WebhookFaults,
  type WebhookFaultScript,
} from './webhook-fault.ts'
export type {
  WebhookAttempt,
  WebhookDelivery,
  WebhookMessage,
  Webhooks,
  WebhookSender,
} from './webhook-sender.ts'
