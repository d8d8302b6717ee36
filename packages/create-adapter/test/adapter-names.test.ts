import fc from 'fast-check'
import { expect, test } from 'vitest'
import { adapterNames, CannotCreate } from '../src/adapter-names.ts'

test.each([
  ['desk', 'desk', 'desk', 'Desk', 'Desk'],
  ['tripline-plugin-desk', 'tripline-plugin-desk', 'desk', 'Desk', 'Desk'],
  ['@acme/tripline-service-desk', 'tripline-service-desk', 'service-desk', 'ServiceDesk', 'Service Desk'],
  ['@acme/plugin-otrs7', 'plugin-otrs7', 'otrs7', 'Otrs7', 'Otrs7'],
  ['tripline-adapter-a.b_c', 'tripline-adapter-a.b_c', 'a-b-c', 'ABC', 'A B C'],
])('%s is made in %s, for the plugin %s', (packageName, folder, plugin, pascal, title) => {
  expect(adapterNames(packageName)).toMatchObject({ packageName, folder, plugin, pascal, title })
})

test.each([
  ['', 'length must be greater than zero'],
  ['Desk', 'capital letters'],
  ['my desk', 'URL-friendly'],
  ['../desk', 'cannot start with a period'],
  ['node_modules', 'not a valid package name'],
  ['http', 'core module name'],
  ['tripline-plugin-3cx', 'begins with a letter'],
  ['tripline-plugin-', 'begins with a letter'],
  ['desk--two', 'begins with a letter'],
])('"%s" is refused, and the reason is given', (packageName, reason) => {
  expect(() => adapterNames(packageName)).toThrow(CannotCreate)
  expect(() => adapterNames(packageName)).toThrow(reason)
})

test('whatever is taken can be a folder, a name in a program, and stored', () => {
  const name = fc.oneof(
    fc.stringMatching(/^(?:@[a-z]{1,5}\/)?(?:tripline-)?(?:plugin-)?[a-z0-9._~-]{1,20}$/u),
    fc.string(),
  )
  fc.assert(
    fc.property(name, (packageName) => {
      try {
        const { camel, folder, pascal, plugin } = adapterNames(packageName)
        expect(folder).toMatch(/^[a-z0-9][a-z0-9._~-]*$/u)
        expect(plugin).toMatch(/^[a-z][a-z0-9-]*$/u)
        expect(pascal).toMatch(/^[A-Z][A-Za-z0-9]*$/u)
        expect(camel).toMatch(/^[a-z][A-Za-z0-9]*$/u)
      } catch (error) {
        expect(error).toBeInstanceOf(CannotCreate)
      }
    }),
  )
})
