import { setFlagsFromString } from 'node:v8'
import { runProgram } from './cli/program.ts'

// V8 lets the heap grow with the machine's memory rather than with what is in use: to some hundred megabytes of garbage.
setFlagsFromString('--heap-growing-percent=30')

const { env, stdin, stdout, stderr } = process
const exitCode = await runProgram(process.argv.slice(2), { env, stdin, stdout, stderr })
// Not process.exit: what was written may still be on its way to a pipe.
process.exitCode = exitCode
