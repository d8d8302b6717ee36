import { actorKind, toActor } from '../access/principal.ts'
import type { ChangeOrigin } from '../ledger/ledger.ts'
import type { GraphqlContext } from './context.ts'
import { viewerOf } from './field-options.ts'
import type { ActorKind } from '@tripline/core'

/** How the ledger names what this request does. */
export function originOf(context: GraphqlContext): ChangeOrigin {
  return { actor: toActor(viewerOf(context)), connectionId: null, traceId: context.traceId }
}

/** How the tracking modes see who makes this request. */
export function actorKindOf(context: GraphqlContext): ActorKind {
  return actorKind(viewerOf(context))
}
