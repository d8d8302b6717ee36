import type { Principal } from '../../access/principal.ts'
import { checkAccess } from './access.ts'
import { checkCost } from './limits.ts'
import { rootFieldNames, type ReadOperation } from './operation.ts'

/**
 * Refuses what this principal may not do, and what would answer with too much. Nothing is executed without it.
 *
 * @throws Unauthenticated, Forbidden, TooComplex
 */
export function checkOperation(operation: ReadOperation, principal: Principal | null): void {
  checkAccess(principal, operation.root, rootFieldNames(operation))
  checkCost({ ...operation, selectionSet: operation.operation.selectionSet })
}
