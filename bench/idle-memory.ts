// What a server that has nothing to do keeps in memory, without its PostgreSQL.
import { setTimeout as delay } from 'node:timers/promises'
import { readOptions } from './rig/options.ts'
import { figure, printReport } from './rig/report.ts'
import { memoryOf } from './rig/process-figures.ts'
import { startListening, startServerProcess } from './rig/server-process.ts'

const { seconds } = readOptions({ seconds: 10 })
const TARGET_MIB = 150

const bareProgram = `
  const server = require('node:http').createServer((_, response) => response.end())
  server.listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + server.address().port))`
await using bare = await startListening(['--eval', bareProgram], {})
const begun = performance.now()
await using server = await startServerProcess({ databaseUrl: null })
const startMs = performance.now() - begun
await fetch(`${server.url}/readyz`)
await delay(seconds * 1000)
const least = (await memoryOf(bare.pid)).now
const { now, peak } = await memoryOf(server.pid)
printReport(
  `Memory after ${seconds} s without work`,
  ['what', 'resident, MiB', 'highest, MiB', 'of bare Node.js'],
  [
    ['a bare node:http server', figure(least), figure((await memoryOf(bare.pid)).peak), '1.00'],
    ['tripline serve, without PostgreSQL', figure(now), figure(peak), figure(now / least)],
  ],
  [
    {
      name: `under ${TARGET_MIB} MiB`,
      reached: now < TARGET_MIB,
      figure: `${figure(now)} MiB (ready after ${figure(startMs)} ms)`,
    },
  ],
)
