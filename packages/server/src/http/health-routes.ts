import type { Database } from '../database/client.ts'
import { jsonAnswer, sendAnswer } from './answer.ts'
import { findObstacles } from './readiness.ts'
import type { Route } from './router.ts'

/** `GET /healthz`: the process is alive. `GET /readyz`: it can do its work, or why not (503). */
export function healthRoutes(deps: {
  readonly database: Database
  readonly isStopping: () => boolean
}): readonly Route[] {
  return [
    {
      methods: ['GET'],
      path: '/healthz',
      handle: (exchange) => sendAnswer(exchange, jsonAnswer(200, { status: 'alive' })),
    },
    {
      methods: ['GET'],
      path: '/readyz',
      async handle(exchange) {
        const reasons = deps.isStopping() ? ['The server is stopping.'] : await findObstacles(deps.database)
        const answer =
          reasons.length === 0
            ? jsonAnswer(200, { status: 'ready' })
            : jsonAnswer(503, { status: 'not ready', reasons })
        await sendAnswer(exchange, answer)
      },
    },
  ]
}
