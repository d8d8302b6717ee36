import type { ConnectionFinding } from '@tripline/core'

/** Looked at, and as it should be. */
export function ok(subject: string, message: string): ConnectionFinding {
  return { severity: 'ok', subject, message, remedy: null }
}

/** Something that will fail, and what to do about it. */
export function error(subject: string, message: string, remedy: string): ConnectionFinding {
  return { severity: 'error', subject, message, remedy }
}

/** Something that may fail, and what to do about it. */
export function warning(subject: string, message: string, remedy: string): ConnectionFinding {
  return { severity: 'warning', subject, message, remedy }
}
