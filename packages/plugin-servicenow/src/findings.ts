import type { ConnectionFinding } from '@tripline/core'

export function ok(subject: string, message: string): ConnectionFinding {
  return { severity: 'ok', subject, message, remedy: null }
}

export function error(subject: string, message: string, remedy: string): ConnectionFinding {
  return { severity: 'error', subject, message, remedy }
}

export function warning(subject: string, message: string, remedy: string): ConnectionFinding {
  return { severity: 'warning', subject, message, remedy }
}
