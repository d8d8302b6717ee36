import { cpus, loadavg, totalmem } from 'node:os'

/** The machine that a bench ran on, in a line: figures mean little without it. */
export function describeMachine(): string {
  const [first] = cpus()
  const gibibytes = Math.round(totalmem() / 1024 ** 3)
  const cores = `${cpus().length} x ${first?.model.trim() ?? 'unknown processor'}`
  return `${cores}, ${gibibytes} GiB, ${process.platform} ${process.arch}, Node.js ${process.versions.node}, ${new Date().toISOString().slice(0, 16)}Z, load average ${loadAverage()}`
}

/** How many programs wanted to run, over the last minute: beyond the cores, figures are too low. */
function loadAverage(): string {
  return (loadavg()[0] ?? 0).toFixed(1)
}
