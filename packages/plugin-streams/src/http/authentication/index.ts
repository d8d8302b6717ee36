import type { HttpSettings } from '../settings.ts'
import { constantAuthorizer, type Authorizer, type AuthorizerDeps } from './authorize.ts'
import { awsAuthorizer } from './aws.ts'
import { azureStorageAuthorizer } from './azure-storage.ts'
import { tokenAuthorizer } from './oauth-token.ts'

/** Says who we are as the settings have it. */
export function createAuthorizer(settings: HttpSettings, deps: AuthorizerDeps): Authorizer {
  const { authentication } = settings
  switch (authentication.auth_type) {
    case 'none':
      return constantAuthorizer({})
    case 'basic': {
      const credentials = `${authentication.username}:${authentication.password}`
      return constantAuthorizer({ authorization: `Basic ${Buffer.from(credentials).toString('base64')}` })
    }
    case 'aws':
      return awsAuthorizer(authentication, deps.now)
    case 'azure_storage':
      return azureStorageAuthorizer(authentication, settings.host, deps.now)
    case 'azure_ad':
      return tokenAuthorizer(
        {
          endpoint: authentication.token_endpoint,
          form: {
            grant_type: authentication.grant_type === 'client' ? 'client_credentials' : 'password',
            client_id: authentication.client_id,
            client_secret: authentication.client_secret,
            username: authentication.username,
            password: authentication.password,
            resource: authentication.resource,
          },
        },
        deps,
      )
    case 'crowdstrike': {
      const { client_id, client_secret, token_endpoint } = authentication
      const endpoint = token_endpoint ?? `${originOf(settings)}/oauth2/token`
      return tokenAuthorizer({ endpoint, form: { client_id, client_secret } }, deps)
    }
  }
}

/** Scheme, host and port. */
export function originOf({ protocol, host, port }: Pick<HttpSettings, 'protocol' | 'host' | 'port'>): string {
  return `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`
}
