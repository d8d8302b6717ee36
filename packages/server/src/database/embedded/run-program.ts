import { execFile } from 'node:child_process'
import type { Account } from './account.ts'

/** How a program ended. */
export interface ProgramResult {
  /** `null` when it could not be started or was killed. */
  readonly exitCode: number | null
  readonly stdout: string
  /** What it wrote to standard error, or why it could not be started. */
  readonly stderr: string
}

/** The environment of everything we start: nothing of ours that is secret, and messages in English. */
export function programEnvironment(): NodeJS.ProcessEnv {
  return { LC_ALL: 'C', PATH: process.env['PATH'] ?? '/usr/bin:/bin' }
}

/** Runs a program to its end; `account` is the user to run it as, `null` for our own. */
export function runProgram(
  file: string,
  args: readonly string[],
  account: Account | null = null,
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const options = {
      // The account may not be allowed to be in our working directory.
      cwd: '/',
      env: programEnvironment(),
      maxBuffer: 16 * 1024 * 1024,
      ...(account === null ? {} : { uid: account.uid, gid: account.gid }),
    }
    try {
      execFile(file, args, options, (error, stdout, stderr) => {
        if (error === null) resolve({ exitCode: 0, stdout, stderr })
        else if (typeof error.code === 'number') resolve({ exitCode: error.code, stdout, stderr })
        else resolve({ exitCode: null, stdout, stderr: `${stderr}${error.message}` })
      })
    } catch (error) {
      // Some failures to start (EPERM for a user we may not become) are thrown instead of reported.
      resolve({ exitCode: null, stdout: '', stderr: error instanceof Error ? error.message : String(error) })
    }
  })
}
