import type { DetectionFormat } from './detection-format.ts'
import { extrahopFormat } from './extrahop.ts'
import { ocsfFormat } from './ocsf.ts'
import { triplineFormat } from './tripline.ts'

export type { DetectionFormat } from './detection-format.ts'

/** Every format that is read, in the order in which to offer them. */
export const formats: readonly DetectionFormat[] = [triplineFormat, extrahopFormat, ocsfFormat]

/** The format of this name, or `null`. */
export function findFormat(name: string): DetectionFormat | null {
  return formats.find((format) => format.name === name) ?? null
}
