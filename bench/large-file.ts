// Memory while a large file goes in, of the command that sends it and of the server that takes it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { text } from 'node:stream/consumers'
import { readOptions } from './rig/options.ts'
import { figure, printReport } from './rig/report.ts'
import { memoryOf } from './rig/process-figures.ts'
import { benchReports, toNdjson } from './rig/reports.ts'
import { startBenchPostgres } from './rig/bench-postgres.ts'
import { adminApiKey, startServerProcess, triplineProgram } from './rig/server-process.ts'

const options = readOptions({ megabytes: 1024, distinct: 20_000, 'semi-space': 8 })
const { megabytes, distinct, 'semi-space': semiSpace } = options
const TARGET_MIB = 300
const LOOK_MS = 100
const LIMIT_MS = 20 * 60_000
const MEBIBYTE = 1024 * 1024

await using stack = new AsyncDisposableStack()
const directory = await mkdtemp(join(tmpdir(), 'tripline-bench-'))
stack.defer(() => rm(directory, { recursive: true, force: true }))
const postgres = stack.use(await startBenchPostgres())
const { connectionString } = await postgres.createDatabase('served')
const server = stack.use(
  await startServerProcess({
    databaseUrl: connectionString,
    // As the project's own start script has it. Left alone (0), V8 lets its young generation grow with the machine: to
    // 128 MiB on one with 24 GiB.
    nodeOptions: semiSpace === 0 ? [] : [`--max-semi-space-size=${semiSpace}`],
  }),
)

const part = Buffer.from(toNdjson(benchReports(distinct)))
const parts = Math.max(1, Math.ceil((megabytes * MEBIBYTE) / part.length))
const file = join(directory, 'detections.ndjson')
await pipeline(Readable.from(Array.from({ length: parts }, () => part)), createWriteStream(file))
const bytes = part.length * parts
const before = (await memoryOf(server.pid)).now

const begun = performance.now()
const child = spawn(process.execPath, [triplineProgram, 'ingest', file, '--format', 'extrahop', '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, TRIPLINE_URL: server.url, TRIPLINE_API_KEY: adminApiKey },
})
const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
let sender = 0
const look = setInterval(() => {
  memoryOf(child.pid ?? 0).then(
    ({ peak }) => (sender = Math.max(sender, peak || 0)),
    // It has ended.
    () => undefined,
  )
}, LOOK_MS)
const [output, [exitCode]] = await Promise.all([
  text(child.stdout),
  once(child, 'exit') as Promise<[number | null]>,
])
clearInterval(look)
clearTimeout(limit)
const seconds = (performance.now() - begun) / 1000
const {
  received = 0,
  created = 0,
  unchanged = 0,
} = exitCode === 0 ? (JSON.parse(output) as Record<string, number>) : {}
const isWhole = received === parts * distinct && created === distinct && created + unchanged === received
const receiver = (await memoryOf(server.pid)).peak

printReport(
  `A file of ${figure(bytes / MEBIBYTE)} MiB: ${received} records, ${created} of them new, the others sent again`,
  ['what', 'highest, MiB', 'of the file'],
  [
    ['tripline ingest', figure(sender), figure(sender / (bytes / MEBIBYTE))],
    ['tripline serve', figure(receiver), figure(receiver / (bytes / MEBIBYTE))],
    ['tripline serve, before', figure(before), figure(before / (bytes / MEBIBYTE))],
  ],
  [
    { name: `tripline ingest under ${TARGET_MIB} MiB`, reached: sender < TARGET_MIB, figure: figure(sender) },
    {
      name: `tripline serve under ${TARGET_MIB} MiB`,
      reached: receiver < TARGET_MIB,
      figure: figure(receiver),
    },
    {
      name: 'every record accounted for',
      reached: isWhole,
      figure: `${figure(seconds)} s, ${figure(bytes / MEBIBYTE / seconds)} MiB/s, ${figure(received / seconds)} records/s`,
    },
  ],
)
if (!isWhole) process.exitCode = 1
