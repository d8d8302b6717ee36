#!/usr/bin/env node
// Plain JavaScript that older versions of Node.js can read: it looks for one that the program runs on.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const LEAST_MAJOR = 24
const require = createRequire(import.meta.url)
// The sources in the workspace, what is compiled of them in the published package: package.json says which.
const main = require.resolve('#main')

if (Number(process.versions.node.split('.')[0]) >= LEAST_MAJOR) {
  await import(pathToFileURL(main).href)
} else {
  const node = findNode()
  if (node === null) {
    process.stderr.write(
      `Tripline needs Node.js ${LEAST_MAJOR} or later; this is ${process.versions.node}, and there is no other beside it (npm package "node").\n`,
    )
    process.exit(2)
  }
  const child = spawn(node, ['--max-semi-space-size=8', main, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`${node} cannot be started: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    // End as the child did.
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/** The binary of the npm package `node`, which the workspace brings. */
function findNode() {
  try {
    const manifest = require.resolve('node/package.json')
    const binary = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    return existsSync(binary) ? binary : null
  } catch {
    return null
  }
}
