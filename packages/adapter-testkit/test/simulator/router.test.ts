import { describe, expect, it } from 'vitest'
import { emptyAnswer } from '@tripline/adapter-testkit/simulator'
import { matchPath, matchRoute } from '../../src/simulator/router.ts'

describe('matchPath', () => {
  it.each([
    ['/a/:b', '/a/c', { b: 'c' }],
    ['/a/:b', '/a/c%2Fd', { b: 'c/d' }],
    ['/a/:b', '/a/', null],
    ['/a/:b', '/a/c/d', null],
    ['/a/:b', '/a/%E0%A4%A', null],
    ['/a/*', '/a/c/d', {}],
    ['/a', '/a/', null],
  ])('%s against %s gives %j', (pattern, path, expected) => {
    expect(matchPath(pattern, path)).toEqual(expected)
  })
})

describe('matchRoute', () => {
  it('takes the first route of the method that fits', () => {
    const handle = () => emptyAnswer(200)
    const routes = ['/issue/:key', '/issue/createmeta'].map((path) => ({ method: 'GET', path, handle }))
    expect(matchRoute(routes, 'GET', '/issue/createmeta')?.params).toEqual({ key: 'createmeta' })
    expect(matchRoute(routes, 'PUT', '/issue/createmeta')).toBeNull()
  })
})
