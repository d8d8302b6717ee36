import { jsonAnswer, type Route } from '@tripline/adapter-testkit/simulator'
import type { Salesforce } from './salesforce.ts'

/** Where sessions are given. */
export function tokenRoutes({ baseUrl, now, org, tokens }: Salesforce): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/services/oauth2/token',
      handle(request) {
        const grant = tokens.grant(new URLSearchParams(request.rawBody.toString('utf8')), now())
        if ('error' in grant) {
          return jsonAnswer(400, { error: grant.error, error_description: grant.description })
        }
        return jsonAnswer(200, {
          access_token: grant.accessToken,
          scope: 'api',
          instance_url: baseUrl,
          id: `${baseUrl}/id/${org.id}/${grant.user.id}`,
          token_type: 'Bearer',
          issued_at: String(now().getTime()),
        })
      },
    },
  ]
}
