import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { findProcess } from '../../../src/database/embedded/process-identity.ts'
import { waitUntil } from '../../../src/database/embedded/wait-until.ts'

const Started = z.object({ pid: z.int(), connectionString: z.string(), clusterDirectory: z.string() })
const Refused = z.object({ code: z.string(), message: z.string() })

/** A process of its own that tried to start an embedded PostgreSQL. */
export interface OwnerProcess extends AsyncDisposable {
  readonly pid: number
  readonly answer: z.infer<typeof Started> | z.infer<typeof Refused>
  /** What it runs, where it does. */
  readonly server: z.infer<typeof Started>
  kill(signal: NodeJS.Signals): Promise<void>
}

/** How it is started. */
export interface OwnerOptions {
  readonly dataDir: string
  readonly systemDirectory?: string
  readonly program?: string
  readonly uid?: number
  readonly gid?: number
}

/** Starts the program `owner.ts` and waits for its answer. */
export async function startOwner(options: OwnerOptions): Promise<OwnerProcess> {
  const { program = fileURLToPath(new URL('owner.ts', import.meta.url)), uid, gid } = options
  const args = [
    program,
    options.dataDir,
    ...(options.systemDirectory === undefined ? [] : [options.systemDirectory]),
  ]
  const child = spawn(process.execPath, args, {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  })
  const exited = once(child, 'exit')
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()))
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'close').then(() => {
      throw new Error(`The owner ended without an answer:\n${complaints}`)
    }),
  ])
  const answer = z.union([Started, Refused]).parse(JSON.parse(String(line)))
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await exited
  }
  return {
    pid: child.pid ?? 0,
    answer,
    get server() {
      return Started.parse(answer)
    },
    kill,
    [Symbol.asyncDispose]: async () => {
      await kill('SIGKILL')
      if (!('pid' in answer)) return
      const server = answer.pid
      if (await waitUntil(async () => (await findProcess(server)) === null, 30_000)) return
      throw new Error(`PostgreSQL (process ${server}) outlives its owner`)
    },
  }
}
