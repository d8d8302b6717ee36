import type { SimulatorAnswer } from './answer.ts'
import type { SimulatorRequest } from './simulator-request.ts'

export type Handler = (request: SimulatorRequest) => SimulatorAnswer | Promise<SimulatorAnswer>

/** A method and a path pattern such as `/issue/:key/comment`; a last segment `*` stands for any rest. */
export interface Route {
  readonly method: string
  readonly path: string
  readonly handle: Handler
}

export interface RouteMatch {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
}

/** The first route that fits: put `/issue/createmeta` before `/issue/:key`. */
export function matchRoute(routes: readonly Route[], method: string, path: string): RouteMatch | null {
  for (const route of routes) {
    if (route.method !== method) continue
    const params = matchPath(route.path, path)
    if (params !== null) return { route, params }
  }
  return null
}

/** The parameters of a path under a pattern, or `null` when it does not fit. */
export function matchPath(pattern: string, path: string): Record<string, string> | null {
  const expected = pattern.split('/')
  const actual = path.split('/')
  const params: Record<string, string> = {}
  for (const [index, segment] of expected.entries()) {
    if (segment === '*' && index === expected.length - 1) return params
    const value = actual[index]
    if (value === undefined) return null
    if (segment.startsWith(':')) {
      const decoded = decodeSegment(value)
      if (decoded === null || decoded === '') return null
      params[segment.slice(1)] = decoded
    } else if (segment !== value) return null
  }
  return expected.length === actual.length ? params : null
}

function decodeSegment(segment: string): string | null {
  try {
    return decodeURIComponent(segment)
  } catch {
    return null
  }
}
