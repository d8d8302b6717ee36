import { execute, type ExecutionArgs, type ExecutionResult } from 'graphql'
import type { GraphqlContext } from '../context.ts'
import { failedForDatabase, type ErrorReport } from '../execution/error-report.ts'
import type { Burst } from './burst.ts'
import type { Delivery, Subscriber } from './subscriber.ts'
import type { Topic } from './topic.ts'

/** Subscribers with the same operation, variables and rights: each event is executed once for all of them. */
export interface SubscriptionGroup {
  readonly subscribers: Set<Subscriber>
  /**
   * What its subscribers are to be told of a burst.
   *
   * Rejects when the database cannot be asked.
   */
  deliveries(burst: Burst): Promise<readonly Delivery[]>
}

/** Makes a group that executes an operation with the context of its first subscriber. */
export function createSubscriptionGroup(
  topic: Topic,
  args: ExecutionArgs,
  context: GraphqlContext,
  errors: ErrorReport,
): SubscriptionGroup {
  const executeOnce = async (rootValue: unknown): Promise<ExecutionResult> => {
    const result = await execute({ ...args, rootValue, contextValue: context })
    // Not the subscribers' fault: it is executed again when the database is back.
    if (failedForDatabase(result)) throw result.errors?.[0]?.originalError ?? new Error('The database failed')
    return errors.result(result, context.traceId)
  }
  return {
    subscribers: new Set(),
    async deliveries(burst) {
      const values = await topic.select(burst)
      // All at once, so that what they select is loaded with one statement.
      return await Promise.all(
        values.map(async ({ position, value }) => ({ position, result: await executeOnce(value) })),
      )
    },
  }
}
