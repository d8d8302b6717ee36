import {
  DetectionNotFound,
  DomainError,
  InvalidInput,
  InvalidStatusTransition,
  Rejected,
  TicketingError,
  VersionConflict,
  type DetectionStatus,
} from '@tripline/core'
import { builder } from './builder.ts'
import { detectionStatusEnum } from './enums.ts'

/** What a mutation may answer instead of a result: the domain refused, or a ticketing system could not. */
export type ExpectedFailure = DomainError | TicketingError

/** A failure as a value: the executor takes an Error that a resolver returns for one that it throws. */
export interface Failed<Failure = ExpectedFailure> {
  readonly failure: Failure
}

/** What `error` resolves to. */
export function failed(failure: ExpectedFailure | null): Failed | null {
  return failure === null ? null : { failure }
}

/** The type of `error` in every payload. */
export const expectedErrorRef = builder.interfaceRef<Failed>('ExpectedError').implement({
  description:
    'Why something was not done. `code` is stable; further members are in the types that implement this.',
  resolveType: ({ failure: error }) => {
    if (error instanceof InvalidStatusTransition) return 'InvalidStatusTransition'
    if (error instanceof InvalidInput) return 'InvalidInput'
    if (error instanceof VersionConflict) return 'VersionConflict'
    if (error instanceof DetectionNotFound) return 'DetectionNotFound'
    return error instanceof TicketingError ? 'TicketingSystemError' : 'Refusal'
  },
  fields: (t) => ({
    code: t.string({ resolve: ({ failure }) => failure.code }),
    message: t.string({ description: 'For people.', resolve: ({ failure }) => failure.message }),
  }),
})

const issueRef = builder.objectRef<{ readonly path: string; readonly message: string }>('Issue').implement({
  fields: (t) => ({
    path: t.exposeString('path', { description: 'Where, as names and indexes; empty: the whole.' }),
    message: t.exposeString('message'),
  }),
})

builder.objectRef<Failed<InvalidStatusTransition>>('InvalidStatusTransition').implement({
  interfaces: [expectedErrorRef],
  fields: (t) => ({
    from: t.field({ type: detectionStatusEnum, resolve: ({ failure: { from } }) => toEnum(from) }),
    to: t.field({ type: detectionStatusEnum, resolve: ({ failure: { to } }) => toEnum(to) }),
    allowed: t.field({
      type: [detectionStatusEnum],
      resolve: ({ failure: { allowed } }) => allowed.map(toEnum),
    }),
  }),
})

builder.objectRef<Failed<InvalidInput>>('InvalidInput').implement({
  interfaces: [expectedErrorRef],
  fields: (t) => ({ issues: t.field({ type: [issueRef], resolve: ({ failure }) => failure.issues }) }),
})

builder.objectRef<Failed<VersionConflict>>('VersionConflict').implement({
  interfaces: [expectedErrorRef],
  fields: (t) => ({
    expectedVersion: t.int({ resolve: ({ failure }) => failure.expectedVersion }),
    currentVersion: t.int({ resolve: ({ failure }) => failure.currentVersion }),
  }),
})

builder.objectRef<Failed<DetectionNotFound>>('DetectionNotFound').implement({
  interfaces: [expectedErrorRef],
  fields: (t) => ({
    detectionId: t.field({ type: 'DetectionId', resolve: ({ failure }) => failure.detectionId }),
  }),
})

builder.objectRef<Failed<TicketingError>>('TicketingSystemError').implement({
  description: 'A ticketing system could not do what was asked, or could not be asked.',
  interfaces: [expectedErrorRef],
  fields: (t) => ({
    retryable: t.boolean({
      description: 'Whether the same may succeed later by itself.',
      resolve: ({ failure }) => failure.retryable,
    }),
    issues: t.field({
      type: [issueRef],
      resolve: ({ failure }) => (failure instanceof Rejected ? failure.issues : []),
    }),
  }),
})

builder.objectRef<Failed>('Refusal').implement({
  description: 'A refusal of which the code says everything.',
  interfaces: [expectedErrorRef],
})

function toEnum(status: string): Uppercase<DetectionStatus> {
  return status.toUpperCase() as Uppercase<DetectionStatus>
}

/** The result of some work, or the failure that was to be expected; anything else is thrown on. */
export async function expecting<Result extends object>(
  work: () => Promise<Result>,
): Promise<(Result & { readonly error: null }) | { readonly error: ExpectedFailure }> {
  try {
    return { ...(await work()), error: null }
  } catch (error) {
    if (error instanceof DomainError || error instanceof TicketingError) return { error }
    throw error
  }
}

/** What every payload can be: a result, or an error and nothing else. */
export type Payload<Result extends object> = Partial<Result> & { readonly error: ExpectedFailure | null }
