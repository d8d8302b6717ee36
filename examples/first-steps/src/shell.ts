import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { delimiter, dirname } from 'node:path'

/** Where commands are run. */
export interface ShellOptions {
  readonly directory: string
  readonly env: Readonly<Record<string, string>>
}

/** A shell in a terminal, so to speak: what one command sets, the next one sees. */
export interface Shell extends AsyncDisposable {
  /** Runs a command to its end; returns what it wrote to standard output. */
  run(command: string): Promise<string>
  /** Begins a command that does not end by itself. */
  begin(command: string): void
  /** What was written since the shell was opened. */
  output(): string
}

/** Opens a shell. It has the Node.js that this program runs on. */
export function openShell({ directory, env }: ShellOptions): Shell {
  const path = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter)
  const child = spawn('bash', ['--norc', '--noprofile'], {
    cwd: directory,
    env: { ...process.env, ...env, PATH: path },
    stdio: ['pipe', 'pipe', 'inherit'],
    // A group of its own, so that what was begun can be ended with it.
    detached: true,
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  return {
    async run(command) {
      const mark = randomUUID()
      const from = output.length
      child.stdin.write(`${command}\nprintf '\\n%s %s\\n' ${mark} "$?"\n`)
      while (!new RegExp(`${mark} \\d+\\n`, 'u').test(output)) {
        await Promise.race([new Promise((resolve) => child.stdout.once('data', resolve)), ended])
        if (child.exitCode !== null || child.signalCode !== null) throw new Error('The shell has ended')
      }
      const [text = '', code = ''] = output.slice(from).split(mark)
      if (code.trim() !== '0') throw new Error(`The command ended with ${code.trim()}:\n${command}\n${text}`)
      return text
    },
    begin: (command) => void child.stdin.write(`${command}\n`),
    output: () => output,
    async [Symbol.asyncDispose]() {
      endGroup(child)
      await ended
    },
  }
}

function endGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL')
}
