export type { CommittedDetection } from './commit-detection.ts'
export { toTriggerDetection } from './trigger-detection.ts'
export { defaultTriggerLimits, type TriggerLimits } from './trigger-limits.ts'
export {
  triggerEvents,
  type ExternalData,
  type KnownTarget,
  type OutgoingMessage,
  type RefusedMessage,
  type RemoteResponse,
  type TriggerDetection,
  type TriggerEvent,
  type TriggerFailure,
  type TriggerOccasion,
  type TriggerParticipant,
  type TriggerRunInput,
  type TriggerRunResult,
} from './trigger-run.ts'
export { createTriggerRuntime, type TriggerRuntime, type TriggerRuntimeOptions } from './trigger-runtime.ts'
export { startTriggerThread, type TriggerThread } from './trigger-thread.ts'
