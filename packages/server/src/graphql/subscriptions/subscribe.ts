import { visit, type DocumentNode, type ExecutionArgs, type ExecutionResult } from 'graphql'
import { InvalidInput } from '@tripline/core'
import type { PooledDatabase } from '../../database/client.ts'
import type { EventFeed } from '../../ledger/event-feed.ts'
import { isAfter } from '../../ledger/event-position.ts'
import { readSnapshot } from '../../ledger/ledger-snapshot.ts'
import type { GraphqlContext } from '../context.ts'
import { InvalidCursor } from '../errors.ts'
import type { ErrorReport } from '../execution/error-report.ts'
import type { ReadOperation } from '../execution/operation.ts'
import { topicOf, viewerOf } from '../field-options.ts'
import type { AccessWatch } from './access-watch.ts'
import { decodeCursor, type EventCursor } from './event-cursor.ts'
import type { SubscriptionHub } from './subscription-hub.ts'

/** What subscriptions are begun with. */
export interface SubscribeParts {
  readonly database: PooledDatabase
  readonly feed: EventFeed
  readonly hub: SubscriptionHub
  readonly access: AccessWatch
  readonly errors: ErrorReport
  /** A context for a whole group of subscribers, with the rights of one of them. */
  contextFor(context: GraphqlContext): GraphqlContext
}

/** Begins subscriptions. */
export type Subscribe = (
  operation: ReadOperation,
  args: ExecutionArgs,
) => Promise<AsyncIterable<ExecutionResult>>

/** Makes what begins a subscription; it rejects with a DomainError when its arguments cannot be used. */
export function createSubscribe(parts: SubscribeParts): Subscribe {
  const numbers = new WeakMap<DocumentNode, number>()
  let documents = 0
  const numberOf = (document: DocumentNode): number => {
    const number = numbers.get(document) ?? (documents += 1)
    numbers.set(document, number)
    return number
  }

  return async (operation, args) => {
    const context = args.contextValue as GraphqlContext
    const viewer = viewerOf(context)
    const [[responseName, nodes] = ['', []], ...others] = operation.rootFields
    const field = operation.compiler.rootField(operation.root, nodes, operation.variables)
    const topic = topicOf(operation.root.getFields()[field.name])
    if (topic === undefined || others.length > 0) {
      throw new InvalidInput('A subscription has exactly one field.', [
        { path: responseName, message: 'is not the only one' },
      ])
    }
    const cursor = field.args['after']
    const from =
      typeof cursor === 'string' ? await knownCursor(parts, decodeCursor(cursor)) : await cursorOfNow(parts)
    const key = JSON.stringify([
      numberOf(operation.document),
      operation.operation.name?.value,
      sharedVariables(operation),
      viewer.role,
      // `me` in a filter.
      viewer.username,
    ])
    const subscription = parts.hub.subscribe({
      topic: topic(field.args, viewer),
      key,
      args,
      context: parts.contextFor(context),
      from,
    })
    const unwatch = parts.access.watch(context.headers, viewer, (reason) =>
      subscription.end({ errors: [parts.errors.toClient(reason, context.traceId)] }),
    )
    return withEnd(subscription, unwatch)
  }
}

/** The variables, without one that only says where to begin: that is each subscriber's own. */
function sharedVariables({
  document,
  operation,
  variables,
}: ReadOperation): Readonly<Record<string, unknown>> {
  const uses = new Map<string, { count: number; asAfter: boolean }>()
  visit(document, {
    VariableDefinition: () => false,
    Argument(node) {
      if (node.name.value !== 'after' || node.value.kind !== 'Variable') return
      uses.set(node.value.name.value, { count: 0, asAfter: true })
    },
    Variable(node) {
      const use = uses.get(node.name.value) ?? { count: 0, asAfter: false }
      uses.set(node.name.value, { ...use, count: use.count + 1 })
    },
  })
  const own = operation.selectionSet.selections.flatMap((selection) =>
    selection.kind === 'Field'
      ? (selection.arguments ?? []).flatMap(({ name, value }) =>
          name.value === 'after' && value.kind === 'Variable' ? [value.name.value] : [],
        )
      : [],
  )
  return Object.fromEntries(
    Object.entries(variables).filter(([name]) => !(own.includes(name) && uses.get(name)?.count === 1)),
  )
}

/** The feed itself may not have come to what was written just before. */
async function cursorOfNow({ database }: SubscribeParts): Promise<EventCursor> {
  const seen = await readSnapshot(database.pool)
  return { position: seen.from, seen }
}

/** Refuses a place that this ledger has not reached: the cursor was made by another one, and would wait for ever. */
async function knownCursor({ database, feed }: SubscribeParts, cursor: EventCursor): Promise<EventCursor> {
  const { position } = cursor
  if (!isAfter(position, feed.position)) return cursor
  const { rows } = await database.pool.query<{ known: boolean }>(
    'select $1::xid8 <= pg_snapshot_xmax(pg_current_snapshot()) as known',
    [position.xid],
  )
  if (rows[0]?.known === true) return cursor
  throw new InvalidCursor('The cursor was made by another database; subscribe without one to begin now.', [
    { path: 'after', message: 'is ahead of this ledger' },
  ])
}

function withEnd(
  results: AsyncIterableIterator<ExecutionResult>,
  onEnd: () => void,
): AsyncIterableIterator<ExecutionResult> {
  return {
    async next() {
      const result = await results.next()
      if (result.done === true) onEnd()
      return result
    },
    async return() {
      onEnd()
      return (await results.return?.()) ?? { done: true, value: undefined }
    },
    async throw(error) {
      onEnd()
      await results.return?.()
      throw error
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
