import { Forbidden, Unauthenticated } from '@tripline/core'
import type { GraphQLObjectType } from 'graphql'
import { requirePermission, type Principal } from '../../access/principal.ts'
import { permissionOf } from '../field-options.ts'

/** Fields that GraphQL itself puts on every query; whether they may be used is decided by the validation. */
const INTROSPECTION = new Set(['__schema', '__type', '__typename'])

/**
 * Refuses an operation as a whole unless every one of its root fields is allowed, so that nothing of it has run. A field
 * that declares no permission is allowed to nobody.
 *
 * @throws Unauthenticated, Forbidden
 */
export function checkAccess(
  principal: Principal | null,
  root: GraphQLObjectType,
  fieldNames: Iterable<string>,
): void {
  for (const name of fieldNames) {
    if (INTROSPECTION.has(name)) continue
    if (principal === null) {
      throw new Unauthenticated('Send an API key: Authorization: Bearer KEY.')
    }
    const field = root.getFields()[name]
    const permission = field === undefined ? undefined : permissionOf(field)
    if (permission === undefined) throw new Forbidden(`${root.name}.${name} is allowed to nobody.`)
    requirePermission(principal, permission)
  }
}
