import type { CommandContext } from './command-context.ts'

const INTERVAL_MS = 500
const MEBIBYTE = 1024 * 1024

/** Shows on standard error how much was sent: one line that is written anew in a terminal, lines elsewhere. */
export class Progress {
  readonly #total: number | null
  readonly #shown: boolean
  readonly #context: CommandContext
  readonly #begun = performance.now()
  #bytes = 0
  #shownAt = 0

  constructor(total: number | null, shown: boolean, context: CommandContext) {
    this.#total = total
    this.#shown = shown
    this.#context = context
  }

  add(bytes: number): void {
    this.#bytes += bytes
    const now = performance.now()
    if (now - this.#shownAt < INTERVAL_MS) return
    this.#shownAt = now
    this.#show()
  }

  end(): void {
    this.#show()
    if (this.#shown && this.#context.stderr.isTTY) this.#context.stderr.write('\n')
  }

  #show(): void {
    if (!this.#shown) return
    const seconds = Math.max((performance.now() - this.#begun) / 1000, 0.001)
    const mebibytes = this.#bytes / MEBIBYTE
    const share = this.#total ? ` (${Math.floor((100 * this.#bytes) / this.#total)} %)` : ''
    const line = `${mebibytes.toFixed(1)} MiB${share}, ${(mebibytes / seconds).toFixed(1)} MiB/s`
    this.#context.stderr.write(this.#context.stderr.isTTY ? `\r\u001B[K${line}` : `${line}\n`)
  }
}
