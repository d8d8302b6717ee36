import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

const LOCK = '/run/lock/tripline-python-requests'
const INSTALL = `
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install -y --no-install-recommends -o Acquire::http::Timeout=20 openssl python3-requests; }
install || { apt-get update -o Acquire::http::Timeout=20 && install; }
`

/** A Python that has the library `requests`, and `openssl`; or why there is none here. */
export async function findPython(): Promise<{ readonly python: string } | { readonly reason: string }> {
  const found = await firstUsable()
  if (found !== null) return { python: found }
  if (!existsSync('/etc/debian_version') || process.getuid?.() !== 0) {
    return { reason: 'there is no python3 with the library requests, or no openssl' }
  }
  try {
    await run('flock', [LOCK, 'sh', '-c', INSTALL], { timeout: 120_000 })
  } catch (error) {
    return { reason: `apt-get cannot install python3-requests and openssl: ${String(error)}` }
  }
  const installed = await firstUsable()
  return installed === null
    ? { reason: 'python3-requests was installed and cannot be used' }
    : { python: installed }
}

async function firstUsable(): Promise<string | null> {
  if (!(await succeeds('openssl', ['version']))) return null
  for (const python of ['python3', '/usr/bin/python3'])
    if (await succeeds(python, ['-c', 'import requests'])) return python
  return null
}

async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  try {
    await run(program, args)
    return true
  } catch {
    return false
  }
}
