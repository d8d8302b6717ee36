import validatePackageName from 'validate-npm-package-name'

/** What a new adapter's package, its files and what is in them are called. */
export interface AdapterNames {
  /** As it is published: `@acme/tripline-plugin-service-desk`. */
  readonly packageName: string
  /** Where it is made: `tripline-plugin-service-desk`. */
  readonly folder: string
  /** As it is stored with every connection: `service-desk`. */
  readonly plugin: string
  /** In names of values: `serviceDesk`. */
  readonly camel: string
  /** In names of types and functions: `ServiceDesk`. */
  readonly pascal: string
  /** For people: `Service Desk`. */
  readonly title: string
}

/** A name, or a place, in which no adapter can be made. The message says why, for people. */
export class CannotCreate extends Error {
  override readonly name = 'CannotCreate'
}

const PREFIXES = /^(?:tripline-)?(?:plugin-|adapter-)?/u

/**
 * What follows from the name of a package.
 *
 * @throws CannotCreate when npm does not take it, or nothing can be called after it
 */
export function adapterNames(packageName: string): AdapterNames {
  const { validForNewPackages, errors = [], warnings = [] } = validatePackageName(packageName)
  if (!validForNewPackages) {
    throw new CannotCreate(
      `npm takes no package called "${packageName}": ${[...errors, ...warnings].join('; ')}.`,
    )
  }
  const folder = packageName.replace(/^@[^/]+\//u, '')
  const plugin = folder.replace(PREFIXES, '').replaceAll(/[._~]/gu, '-')
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/u.test(plugin)) {
    throw new CannotCreate(
      `Nothing can be called after "${packageName}": what is left without a scope and without tripline-plugin- has to be words of lower-case letters and digits, the first one of which begins with a letter. An example: tripline-plugin-desk.`,
    )
  }
  const words = plugin.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  const pascal = words.join('')
  const camel = pascal.charAt(0).toLowerCase() + pascal.slice(1)
  return { packageName, folder, plugin, camel, pascal, title: words.join(' ') }
}
