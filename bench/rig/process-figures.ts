import { readdir, readFile } from 'node:fs/promises'

/** A process's memory in MiB: resident now, and at its highest. */
export async function memoryOf(pid: number): Promise<{ readonly now: number; readonly peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const mebibytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'mu').exec(status)?.[1]) / 1024
  return { now: mebibytes('VmRSS'), peak: mebibytes('VmHWM') }
}

const TICK_MS = 10

/** How long some processes have had a processor, in milliseconds. */
export async function processorMs(pids: readonly number[]): Promise<number> {
  const each = await Promise.all(pids.map(async (pid) => (await statOf(pid))?.ticks ?? 0))
  return each.reduce((sum, ticks) => sum + ticks * TICK_MS, 0)
}

/** The same for a process, those it has started, and those of them that have ended. */
export async function processorMsOfFamily(parent: number): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name)).map(Number)
  const stats = await Promise.all(pids.map(async (pid) => ({ pid, stat: await statOf(pid) })))
  return stats
    .map(({ pid, stat }) => {
      if (stat === null) return 0
      if (pid === parent) return stat.ticks + stat.endedChildrenTicks
      return stat.parent === parent ? stat.ticks : 0
    })
    .reduce((sum, ticks) => sum + ticks * TICK_MS, 0)
}

interface ProcessStat {
  readonly parent: number
  readonly ticks: number
  readonly endedChildrenTicks: number
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; `null`: it has ended. */
async function statOf(pid: number): Promise<ProcessStat | null> {
  try {
    const line = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The name, in parentheses, may hold spaces.
    const fields = line
      .slice(line.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = fields.slice(11, 15)
    return { parent: fields[1] ?? 0, ticks: user + system, endedChildrenTicks: childrenUser + childrenSystem }
  } catch {
    return null
  }
}
