import { readFile } from 'node:fs/promises'
import { DatabaseError } from '../database-error.ts'
import { runProgram } from './run-program.ts'

/** An operating system user that PostgreSQL runs as. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

// An operator who wants a user of its own for the database creates `tripline`; `nobody` is on every Unix.
const ACCOUNT_NAMES = ['tripline', 'nobody']

/** Whether we are the superuser, whom PostgreSQL refuses. */
export function isRoot(): boolean {
  return process.getuid?.() === 0
}

/**
 * The unprivileged user that a root process runs PostgreSQL as.
 *
 * It has to be in the user database: `initdb` looks its own name up and refuses to work without one.
 */
export async function findUnprivilegedAccount(): Promise<Account> {
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  for (const name of ACCOUNT_NAMES) {
    const user = users.find((fields) => fields[0] === name)
    if (user !== undefined && Number(user[2]) > 0) return { uid: Number(user[2]), gid: Number(user[3]) }
  }
  throw new DatabaseError(
    'EMBEDDED_DATABASE_UNSUPPORTED',
    'PostgreSQL refuses to run as root, and there is neither a user "tripline" nor "nobody" to run it as. ' +
      'Create one of them, run Tripline as a normal user, or set DATABASE_URL to a PostgreSQL of your own.',
  )
}

/** Whether the account can enter a directory. It is tried, because mode bits tell nothing of ACLs and mounts. */
export async function canEnter(account: Account | null, directory: string): Promise<boolean> {
  if (account === null) return true
  const { exitCode } = await runProgram('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], account)
  return exitCode === 0
}
