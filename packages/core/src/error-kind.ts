/**
 * What an error is, for every copy of this package that a process may hold: a plugin that brings its own throws errors of other classes
 * than the gateway knows. The number is raised when a field of an error changes its meaning; older errors are strangers then.
 */
const kindSymbol = Symbol.for('tripline.error/1')

interface ErrorClass {
  readonly prototype: object
}

/** Makes a class known under a name, to the class of the same kind in other copies too. */
export function declareKind(type: ErrorClass, kind: string): void {
  Object.defineProperty(type.prototype, kindSymbol, { value: kind })
}

/** Whether a value is an instance of a class of this kind. A class that declared none, such as a plugin's own, has no such instances. */
export function isOfKind(type: ErrorClass, value: unknown): boolean {
  const kind = declaredKind(type.prototype)
  if (kind === null) return false
  for (let at = value; typeof at === 'object' && at !== null; at = Object.getPrototypeOf(at)) {
    if (declaredKind(at) === kind) return true
  }
  return false
}

function declaredKind(prototype: object): string | null {
  const kind: unknown = Object.getOwnPropertyDescriptor(prototype, kindSymbol)?.value
  return typeof kind === 'string' ? kind : null
}
