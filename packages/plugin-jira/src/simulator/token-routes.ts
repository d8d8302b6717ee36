import { jsonAnswer, type Route } from '@tripline/adapter-testkit/simulator'
import { callerOf } from './caller.ts'
import { isCloud, type Jira } from './jira.ts'

/** The caller's personal access tokens; which of them the request carries is not told. Only Data Center has them. */
export function tokenRoutes(jira: Jira): Route[] {
  if (isCloud(jira)) return []
  return [
    {
      method: 'GET',
      path: '/rest/pat/latest/tokens',
      handle(request) {
        const { otherTokens, token, tokenExpiresAt } = callerOf(jira, request)
        const own = token === null ? [] : [{ name: 'Tripline', expiresAt: tokenExpiresAt }]
        const createdAt = jira.time.timestamp(Date.UTC(2026, 0, 1))
        return jsonAnswer(
          200,
          [...own, ...otherTokens].map(({ name, expiresAt }, index) => ({
            id: index + 1,
            name,
            createdAt,
            lastAccessedAt: jira.time.timestamp(jira.now().getTime()),
            expiringAt: expiresAt === null ? null : jira.time.timestamp(expiresAt.getTime()),
          })),
        )
      },
    },
  ]
}
