import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import * as errors from '../src/errors.ts'

type Errors = typeof errors
type ErrorClass = { readonly name: string; readonly prototype: object }

const folder = await mkdtemp(join(tmpdir(), 'tripline-second-core-'))
afterAll(() => rm(folder, { recursive: true }))
for (const name of ['errors.ts', 'error-kind.ts']) {
  await cp(new URL(`../src/${name}`, import.meta.url), join(folder, name))
}
const second = (await import(pathToFileURL(join(folder, 'errors.ts')).href)) as Errors

/** One error of every class that can be made. */
const makers: readonly ((from: Errors) => errors.GatewayError)[] = [
  (from) => new from.DetectionNotFound('1'),
  (from) => new from.NotFound('key', '1'),
  (from) => new from.InvalidStatusTransition('open', 'new', []),
  (from) => new from.ResolutionNotAllowed('open'),
  (from) => new from.TrackingDisabled('No.'),
  (from) => new from.VersionConflict(1, 2),
  (from) => new from.InvalidInput('No.'),
  (from) => new from.InvalidSettings('No.'),
  (from) => new from.TicketLinkExists('1', 'Jira', null),
  (from) => new from.Unauthenticated('No.'),
  (from) => new from.Forbidden('No.'),
  (from) => new from.RateLimited('Later.', 1_000),
  (from) => new from.Unavailable('Later.'),
  (from) => new from.Unauthorized('No.'),
  (from) => new from.AccessDenied('No.'),
  (from) => new from.TicketNotFound('No.'),
  (from) => new from.Rejected('No.'),
  (from) => new from.UnexpectedResponse('What?'),
  (from) => new from.PluginOutdated('What?'),
]
const classes = Object.values<ErrorClass>(errors)
const maker = fc.constantFrom(...makers)

/** What `instanceof` says in a language without `Symbol.hasInstance`. */
function isOrdinaryInstance(value: object, type: ErrorClass | undefined): boolean {
  return type !== undefined && Object.prototype.isPrototypeOf.call(type.prototype, value)
}

function isInstance(value: unknown, type: ErrorClass): boolean {
  return value instanceof (type as typeof errors.GatewayError)
}

describe('an error of another copy of core', () => {
  test('is of the classes here that it is of there', () => {
    expect(isOrdinaryInstance(new second.Rejected('No.'), errors.Rejected)).toBe(false)
    fc.assert(
      fc.property(maker, fc.constantFrom(...Object.entries<ErrorClass>(errors)), (make, [name, type]) => {
        const foreign = make(second)
        const there = isOrdinaryInstance(
          foreign,
          Object.entries<ErrorClass>(second).find(([key]) => key === name)?.[1],
        )
        expect(isInstance(foreign, type)).toBe(there)
        expect(isInstance(make(errors), type)).toBe(isOrdinaryInstance(make(errors), type))
      }),
      { numRuns: 1_000 },
    )
  })

  test('is known by its class when a plugin extends that', () => {
    class Busy extends second.RateLimited {}
    const busy = new Busy('Later.', 1_000)
    expect(busy).toBeInstanceOf(errors.RateLimited)
    expect(busy).not.toBeInstanceOf(errors.Unavailable)
  })
})

test('every class is known by its own code, and the abstract ones by another', () => {
  const made = makers.map((make) => make(errors))
  for (const type of classes) {
    const own = made.filter((error) => error.constructor === type)
    const kinds = Object.getOwnPropertySymbols(type.prototype).map((symbol) =>
      Reflect.get(type.prototype, symbol),
    )
    expect({ type: type.name, kinds }).toEqual({
      type: type.name,
      kinds:
        own.length === 0 ? [expect.stringMatching(/^(?:GATEWAY|DOMAIN|TICKETING)_ERROR$/u)] : [own[0]?.code],
    })
  }
  expect(made).toHaveLength(classes.length - 3)
})

test("a plugin's own class has its own instances only, whatever it extends", () => {
  class Locked extends errors.Rejected {}
  const other = { Locked: class Locked extends second.Rejected {} }
  expect(new Locked('No.')).toBeInstanceOf(Locked)
  expect(new errors.Rejected('No.')).not.toBeInstanceOf(Locked)
  expect(new other.Locked('No.')).not.toBeInstanceOf(Locked)
})

test('nothing that comes as data is an error', () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true }), fc.constantFrom(...classes), (value, type) => {
      expect(isInstance(value, type)).toBe(false)
    }),
  )
  const { code, message } = new errors.Rejected('No.')
  expect(isInstance({ code, message, name: 'Rejected' }, errors.Rejected)).toBe(false)
  expect(isInstance(Object.assign(new Error(message), { code }), errors.Rejected)).toBe(false)
})

test('the kind does not show when an error is logged', () => {
  expect(inspect(new errors.Unauthorized('No.'))).not.toContain('tripline.error')
})
