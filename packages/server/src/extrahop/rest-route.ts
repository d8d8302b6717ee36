import type { z } from 'zod'
import type { Permission, Principal } from '../access/principal.ts'
import type { ChangeOrigin } from '../ledger/ledger.ts'

/** A request as those that answer it see it: authenticated, and with parameters and body as they were declared. */
interface RestCall<Query, Body> {
  readonly principal: Principal
  readonly origin: ChangeOrigin
  /** The named parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: Query
  readonly body: Body
  /** Where the server is for whoever asks, without a slash at its end. */
  readonly baseUrl: string
}

/** What is answered. */
export interface RestAnswer {
  readonly status: 200 | 201 | 204
  readonly headers?: Readonly<Record<string, string>>
  /** JSON, whole or in parts that are made while they are sent. */
  readonly body?: string | AsyncIterable<string>
}

/** How a body that is not as declared is refused: as criteria that cannot be searched by, or as values that cannot be. */
export type InvalidBodyStatus = 400 | 422

/** One operation of the API: all that is needed to serve and to describe it. */
export interface RestRoute<Query extends z.ZodObject = z.ZodObject, Body extends z.ZodType = z.ZodType> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the API's root, with named parts: `/detections/:id`. */
  readonly path: `/${string}`
  readonly summary: string
  /** `null`: for everybody, without credentials. */
  readonly permission: Permission | null
  readonly query?: Query
  /** Absent: the operation takes none, and one that is sent is not read. */
  readonly body?: Body
  readonly invalidBody?: InvalidBodyStatus
  readonly answer: { readonly status: RestAnswer['status']; readonly schema?: z.ZodType }
  /** Refusals that are particular to it, beside those of every operation: what they mean, by status. */
  readonly refusals?: Readonly<Partial<Record<400 | 404 | 422, string>>>
  handle(call: RestCall<z.output<Query>, z.output<Body>>): Promise<RestAnswer>
}

/** Declares an operation; what is sent in is typed by the schemas. */
export function restRoute<
  Query extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Body extends z.ZodType = z.ZodUndefined,
>(route: RestRoute<Query, Body>): RestRoute {
  // A table holds routes with bodies of all kinds; each is called with what its own schema gave.
  return route as unknown as RestRoute
}
