import { runProgram } from './cli/program.ts'

const { env, stdin, stdout, stderr } = process
const exitCode = await runProgram(process.argv.slice(2), { env, stdin, stdout, stderr })
// Not process.exit: what was written may still be on its way to a pipe.
process.exitCode = exitCode
