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

/** The type of `error` in every payload. */
export const expectedErrorRef = builder.interfaceRef<ExpectedFailure>('ExpectedError').implement({
  description:
    'Why something was not done. `code` is stable; further members are in the types that implement this.',
  resolveType: (error) => {
    if (error instanceof InvalidStatusTransition) return 'InvalidStatusTransition'
    if (error instanceof InvalidInput) return 'InvalidInput'
    if (error instanceof VersionConflict) return 'VersionConflict'
    if (error instanceof DetectionNotFound) return 'DetectionNotFound'
    return error instanceof TicketingError ? 'TicketingSystemError' : 'Refusal'
  },
  fields: (t) => ({
    code: t.exposeString('code'),
    message: t.exposeString('message', { description: 'For people.' }),
  }),
})

const issueRef = builder.objectRef<{ readonly path: string; readonly message: string }>('Issue').implement({
  fields: (t) => ({
    path: t.exposeString('path', { description: 'Where, as names and indexes; empty: the whole.' }),
    message: t.exposeString('message'),
  }),
})

builder.objectRef<InvalidStatusTransition>('InvalidStatusTransition').implement({
  interfaces: [expectedErrorRef],
  fields: (t) => ({
    from: t.field({ type: detectionStatusEnum, resolve: ({ from }) => toEnum(from) }),
    to: t.field({ type: detectionStatusEnum, resolve: ({ to }) => toEnum(to) }),
    allowed: t.field({ type: [detectionStatusEnum], resolve: ({ allowed }) => allowed.map(toEnum) }),
  }),
})

builder.objectRef<InvalidInput>('InvalidInput').implement({
  interfaces: [expectedErrorRef],
  fields: (t) => ({ issues: t.field({ type: [issueRef], resolve: ({ issues }) => issues }) }),
})

builder.objectRef<VersionConflict>('VersionConflict').implement({
  interfaces: [expectedErrorRef],
  fields: (t) => ({
    expectedVersion: t.exposeInt('expectedVersion'),
    currentVersion: t.exposeInt('currentVersion'),
  }),
})

builder.objectRef<DetectionNotFound>('DetectionNotFound').implement({
  interfaces: [expectedErrorRef],
  fields: (t) => ({
    detectionId: t.field({ type: 'DetectionId', resolve: ({ detectionId }) => detectionId }),
  }),
})

builder.objectRef<TicketingError>('TicketingSystemError').implement({
  description: 'A ticketing system could not do what was asked, or could not be asked.',
  interfaces: [expectedErrorRef],
  fields: (t) => ({
    retryable: t.exposeBoolean('retryable', { description: 'Whether the same may succeed later by itself.' }),
    issues: t.field({
      type: [issueRef],
      resolve: (error) => (error instanceof Rejected ? error.issues : []),
    }),
  }),
})

builder.objectRef<ExpectedFailure>('Refusal').implement({
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
