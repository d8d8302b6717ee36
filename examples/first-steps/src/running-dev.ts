import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../../packages/server/bin/tripline.mjs', import.meta.url))

/** `tripline dev` at work in a folder of its own. */
export interface RunningDev extends AsyncDisposable {
  /** The folder it was started in. */
  readonly directory: string
  readonly port: number
  readonly url: string
  readonly apiKey: string
}

/** Starts `tripline dev` as a newcomer does, on a free port and without a sensor that goes on reporting. */
export async function startDev(): Promise<RunningDev> {
  const directory = await mkdtemp(join(tmpdir(), 'tripline-first-steps-'))
  // As root, PostgreSQL runs as somebody else, who has to be able to pass through.
  await chmod(directory, 0o711)
  await mkdir(join(directory, '.tripline'), { mode: 0o711 })
  const port = await findFreePort()
  const child = spawn(process.execPath, [program, 'dev', '--every', '0'], {
    cwd: directory,
    env: { ...process.env, PORT: String(port), TRIPLINE_DATA_DIR: '', DATABASE_URL: '', JIRA_API_TOKEN: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
    await rm(directory, { recursive: true, force: true })
  }
  while (!output.includes('Tripline is ready')) {
    await Promise.race([new Promise((resolve) => child.stdout.once('data', resolve)), ended])
    if (child.exitCode === null) continue
    await stop()
    throw new Error(`tripline dev ended with ${child.exitCode}:\n${output}`)
  }
  const state = JSON.parse(await readFile(join(directory, '.tripline', 'dev.json'), 'utf8')) as {
    readonly adminApiKey: string
  }
  return {
    directory,
    port,
    url: `http://127.0.0.1:${port}`,
    apiKey: state.adminApiKey,
    [Symbol.asyncDispose]: stop,
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
