import { readFile } from 'node:fs/promises'
import { toErrorCode } from './error-code.ts'
import { runProgram } from './run-program.ts'

/** A process as it can be told apart from a later one that was given the same pid. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in whatever form the operating system has it; only good for comparing. */
  readonly startedAt: string
}

/** The identity of the running process with this pid, or `null` when none runs. A zombie does not run. */
export async function findProcess(pid: number): Promise<ProcessIdentity | null> {
  const startedAt = process.platform === 'linux' ? await linuxStart(pid) : await psField(pid, 'lstart')
  return startedAt === null ? null : { pid, startedAt }
}

/** Whether the very process that was recorded still runs. */
export async function isRunning(recorded: ProcessIdentity): Promise<boolean> {
  const present = await findProcess(recorded.pid)
  return present !== null && present.startedAt === recorded.startedAt
}

/** The program and arguments of a running process, as one line, or `null` when none runs. */
export async function findCommandLine(pid: number): Promise<string | null> {
  if (process.platform !== 'linux') return psField(pid, 'command')
  const commandLine = await readProc(`/proc/${pid}/cmdline`)
  return commandLine === null || commandLine === '' ? null : commandLine.replaceAll('\0', ' ').trim()
}

async function linuxStart(pid: number): Promise<string | null> {
  const stat = await readProc(`/proc/${pid}/stat`)
  if (stat === null) return null
  // The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (state === 'Z' || state === 'X') return null
  // The start is counted in clock ticks since the boot, so it says nothing without knowing which boot.
  const boot = await readProc('/proc/sys/kernel/random/boot_id')
  return `${boot?.trim() ?? ''}:${fields[18] ?? ''}`
}

async function readProc(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    // ESRCH: the process ended between opening its file and reading it.
    if (toErrorCode(error) === 'ENOENT' || toErrorCode(error) === 'ESRCH') return null
    throw error
  }
}

async function psField(pid: number, field: 'lstart' | 'command'): Promise<string | null> {
  const { exitCode, stdout } = await runProgram('ps', ['-o', `${field}=`, '-p', String(pid)])
  return exitCode === 0 && stdout.trim() !== '' ? stdout.trim() : null
}
