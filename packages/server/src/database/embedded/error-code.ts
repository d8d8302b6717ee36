/** The code that Node.js gives a system error (`ENOENT`, `EEXIST`), or `null` when it is something else. */
export function toErrorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
}
