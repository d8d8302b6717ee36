import { InvalidInput, type JsonObject } from '@tripline/core'

/** The members that were given, without those that are null. */
export function given<Input extends object>(
  input: Input,
): { [Name in keyof Input]?: NonNullable<Input[Name]> } {
  return Object.fromEntries(
    Object.entries(input).filter(([, value]) => value !== null && value !== undefined),
  ) as never
}

/** @throws InvalidInput when settings are no object */
export function toObject(settings: unknown): JsonObject {
  if (typeof settings === 'object' && settings !== null && !Array.isArray(settings))
    return settings as JsonObject
  throw new InvalidInput('The settings have to be an object.', [
    { path: 'settings', message: 'must be an object' },
  ])
}
