import { GatewayError } from '@tripline/core'

/** The network policy does not let the gateway call an address. The message says what an operator may set. */
export class DestinationRefused extends GatewayError {
  readonly code = 'DESTINATION_REFUSED'
}
