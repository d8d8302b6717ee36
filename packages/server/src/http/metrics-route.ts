import type { Authenticate } from '../access/authenticate.ts'
import { authorize } from './access-check.ts'
import { sendAnswer } from './answer.ts'
import type { Metrics } from './metrics.ts'
import type { Route } from './router.ts'

/** `GET /metrics`, for whoever may read, or for everybody where the operator says so. */
export function metricsRoute(deps: {
  readonly authenticate: Authenticate
  readonly metrics: Metrics
  readonly metricsPublic: boolean
}): Route {
  return {
    methods: ['GET'],
    path: '/metrics',
    async handle(exchange) {
      if (!deps.metricsPublic) await authorize(deps.authenticate, exchange, 'read')
      const body = await deps.metrics.text()
      await sendAnswer(exchange, { status: 200, headers: { 'content-type': deps.metrics.contentType }, body })
    },
  }
}
