import { DomainError } from '@tripline/core'

/** A stored secret cannot be had: its key, its variable or its file is missing. The message says which. */
export class SecretUnavailable extends DomainError {
  readonly code = 'SECRET_UNAVAILABLE'
}
