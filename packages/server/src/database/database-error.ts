import { GatewayError } from '@tripline/core'

/** What keeps the program from its database. Each asks something of the operator, which the message says. */
export type DatabaseErrorCode =
  | 'DATABASE_AHEAD'
  | 'DATA_DIRECTORY_IN_USE'
  | 'DATA_DIRECTORY_INCOMPLETE'
  | 'DATA_DIRECTORY_VERSION'
  | 'EMBEDDED_DATABASE_FAILED'
  | 'EMBEDDED_DATABASE_UNSUPPORTED'
  | 'MIGRATION_FAILED'

/** The database cannot be used as it is; an operator has to do something about it. */
export class DatabaseError extends GatewayError {
  readonly code: DatabaseErrorCode

  constructor(code: DatabaseErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
