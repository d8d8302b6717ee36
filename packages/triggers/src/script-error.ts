/** A mistake of a script: it is thrown inside the sandbox, where the script may catch it. */
export class ScriptError extends Error {
  /** What the error is there. */
  readonly kind: 'Error' | 'TypeError' | 'RangeError'

  constructor(kind: ScriptError['kind'], message: string) {
    super(message)
    this.kind = kind
    this.name = 'ScriptError'
  }
}

/** A value of the wrong type, which ends a script that does not catch it. */
export function wrongType(message: string): ScriptError {
  return new ScriptError('TypeError', message)
}
