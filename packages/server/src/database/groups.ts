import { DatabaseError as PostgresError } from 'pg'
import { isDatabaseUnavailable } from './database-unavailable.ts'

/** How requests are answered in groups. */
export interface GroupOptions<Request, Answer> {
  /** Answers some requests, in their order. One that is rejected does not keep the others from being answered. */
  readonly answerAll: (
    requests: readonly Request[],
  ) => Promise<readonly PromiseSettledResult<Awaited<Answer>>[]>
  /** How many requests make a group at most. */
  readonly most: number
  /** Requests with the same key are never in one group; absent: any may be. */
  readonly keyOf?: (request: Request) => string
}

interface Asked<Request, Answer> {
  readonly request: Request
  readonly answer: PromiseWithResolvers<Answer>
}

/**
 * Answers requests in groups, so that a statement and a commit serve many: what is asked for while one group is under way
 * goes into the next. One that is asked for alone does not wait.
 *
 * When the database refuses what a group asks for, each of its requests is tried by itself.
 */
export function answerInGroups<Request, Answer>({
  answerAll,
  most,
  keyOf,
}: GroupOptions<Request, Answer>): (request: Request) => Promise<Answer> {
  let waiting: Asked<Request, Answer>[] = []
  let isUnderWay = false

  function takeGroup(): readonly Asked<Request, Answer>[] {
    const group: Asked<Request, Answer>[] = []
    const rest: Asked<Request, Answer>[] = []
    const keys = new Set<string>()
    for (const asked of waiting) {
      const key = keyOf?.(asked.request)
      if (group.length >= most || (key !== undefined && keys.has(key))) {
        rest.push(asked)
        continue
      }
      if (key !== undefined) keys.add(key)
      group.push(asked)
    }
    waiting = rest
    return group
  }

  async function answerGroup(group: readonly Asked<Request, Answer>[]): Promise<void> {
    try {
      const results = await answerAll(group.map(({ request }) => request))
      for (const [index, { answer }] of group.entries()) {
        const result = results[index]
        if (result?.status === 'fulfilled') answer.resolve(result.value)
        else answer.reject(result?.reason ?? new Error('A request of a group got no answer.'))
      }
    } catch (error) {
      if (group.length > 1 && isRefusal(error)) for (const asked of group) await answerGroup([asked])
      else for (const { answer } of group) answer.reject(error)
    }
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) await answerGroup(takeGroup())
    isUnderWay = false
  }

  return (request) => {
    const answer = Promise.withResolvers<Answer>()
    waiting.push({ request, answer })
    if (!isUnderWay) {
      isUnderWay = true
      // What the end of one group sets going is asked for in the same turn, and belongs together again.
      process.nextTick(() => void drain())
    }
    return answer.promise
  }
}

/** Whether nothing was done, for certain, because PostgreSQL would not; not so when a connection was lost on the way. */
function isRefusal(error: unknown): boolean {
  return error instanceof PostgresError && !isDatabaseUnavailable(error)
}
