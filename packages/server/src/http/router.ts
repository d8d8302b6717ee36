import type { Exchange } from './exchange.ts'
import { HttpError } from './http-error.ts'

/** What answers requests to one path. */
export interface Route {
  /** `null`: the route looks at the method itself. */
  readonly methods: readonly string[] | null
  /** With named parts, for instance `/hooks/:token`; also the route's name in metrics. */
  readonly path: string
  readonly handle: (exchange: Exchange) => Promise<void>
}

/** A route that fits, and the named parts of its path. */
interface RouteMatch {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
}

/**
 * Finds the route for a request. HEAD is answered wherever GET is.
 *
 * @throws HttpError 404 when there is no such path, 405 when there is, for other methods
 */
export type FindRoute = (method: string, path: string) => RouteMatch

/** Makes the search among some routes; one whose path has no named parts comes before those that have. */
export function createRouter(routes: readonly Route[]): FindRoute {
  const exact = Map.groupBy(
    routes.filter(({ path }) => !path.includes('/:')),
    ({ path }) => path,
  )
  const patterns = routes
    .filter(({ path }) => path.includes('/:'))
    .map((route) => ({ route, parts: route.path.split('/') }))

  return (method, path) => {
    const wanted = method === 'HEAD' ? 'GET' : method
    const takes = ({ route: { methods } }: RouteMatch): boolean => methods?.includes(wanted) ?? true
    const same = (exact.get(path) ?? []).map((route) => ({ route, params: {} }))
    const known = same.find(takes)
    if (known !== undefined) return known
    const given = path.split('/')
    const similar = patterns.flatMap(({ route, parts }) => {
      const params = matchPath(parts, given)
      return params === null ? [] : [{ route, params }]
    })
    const match = similar.find(takes)
    if (match !== undefined) return match
    const fitting = [...same, ...similar]
    if (fitting.length === 0) throw new HttpError(404, 'NOT_FOUND', `There is nothing at ${path}.`)
    const allowed = [...new Set(fitting.flatMap(({ route }) => route.methods ?? []))]
    throw new HttpError(405, 'METHOD_NOT_ALLOWED', `${path} takes ${allowed.join(', ')}, not ${method}.`, {
      headers: { allow: allowed.join(', ') },
    })
  }
}

function matchPath(expected: readonly string[], given: readonly string[]): Record<string, string> | null {
  if (expected.length !== given.length) return null
  const params: Record<string, string> = {}
  for (const [index, part] of expected.entries()) {
    const value = given[index] ?? ''
    if (!part.startsWith(':')) {
      if (part !== value) return null
    } else {
      const decoded = decode(value)
      if (decoded === null || decoded === '') return null
      params[part.slice(1)] = decoded
    }
  }
  return params
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part)
  } catch {
    return null
  }
}
