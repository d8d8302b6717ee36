import { describeMachine } from './machine.ts'

/** A line of a bench's table: what was measured, and its figures in words. */
export type TableRow = readonly string[]

/** What a figure has to reach. */
export interface Target {
  readonly name: string
  readonly reached: boolean
  readonly figure: string
}

/** Prints a bench's result: the machine, the table, and how it stands to the targets. */
export function printReport(
  title: string,
  head: TableRow,
  rows: readonly TableRow[],
  targets: readonly Target[],
): void {
  console.log(`\n${title}\n${describeMachine()}\n`)
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  const line = (row: TableRow): string =>
    `| ${widths.map((width, column) => (column === 0 ? (row[column] ?? '').padEnd(width) : (row[column] ?? '').padStart(width))).join(' | ')} |`
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  console.log([line(head), rule, ...rows.map(line)].join('\n'))
  console.log('')
  for (const { name, reached, figure } of targets) {
    console.log(`${reached ? 'reached' : 'MISSED '}  ${name}: ${figure}`)
  }
}

/** A number for people: three digits that mean something. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2)
}
