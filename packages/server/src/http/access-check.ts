import { Unauthenticated } from '@tripline/core'
import type { Authenticate } from '../access/authenticate.ts'
import { requirePermission, type Permission, type Principal } from '../access/principal.ts'
import type { Exchange } from './exchange.ts'

/**
 * Who makes a request that needs a permission.
 *
 * @throws Unauthenticated, Forbidden
 */
export async function authorize(
  authenticate: Authenticate,
  { request }: Exchange,
  permission: Permission,
): Promise<Principal> {
  const principal = await authenticate(request.headers)
  if (principal === null) {
    throw new Unauthenticated('This takes an API key: send the header "Authorization: Bearer KEY".')
  }
  requirePermission(principal, permission)
  return principal
}
