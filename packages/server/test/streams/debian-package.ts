// oxlint-disable vitest/valid-title, vitest/valid-describe-callback, vitest/require-top-level-describe -- this makes tests
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe } from 'vitest'

const run = promisify(execFile)

const LOCK = '/run/lock/tripline-debian-packages'

const INSTALL = `
export DEBIAN_FRONTEND=noninteractive
# Nothing is to be started: these tests start what they need themselves.
install() {
  RUNLEVEL=1 apt-get install -y --no-install-recommends -o Acquire::http::Timeout=20 -o Dpkg::Options::=--force-unsafe-io \\
    $PACKAGES
}
install || { apt-get update -o Acquire::http::Timeout=20 && install; }
`

/** Programs of Debian's packages that tests run. */
interface DebianPrograms {
  readonly title: string
  readonly packages: readonly string[]
  readonly programs: readonly string[]
}

/**
 * Tests on programs from Debian's packages, which are installed where that is possible. Elsewhere they are skipped and say
 * why; in continuous integration a failed installation is a failure.
 */
export async function describeOnDebian(wanted: DebianPrograms, define: () => void): Promise<void> {
  const missing = await install(wanted)
  if (missing?.isFault === true && process.env['CI'] === 'true') throw new Error(missing.reason)
  const { title } = wanted
  describe.skipIf(missing !== null)(
    missing === null ? title : `${title} (not here: ${missing.reason})`,
    define,
  )
}

async function install({
  packages,
  programs,
}: DebianPrograms): Promise<{ readonly reason: string; readonly isFault: boolean } | null> {
  if (programs.every((program) => existsSync(program))) return null
  if (process.platform !== 'linux' || !existsSync('/etc/debian_version'))
    return { reason: 'it is installed from the packages of Debian', isFault: false }
  if (process.getuid?.() !== 0) return { reason: 'it is installed by root', isFault: false }
  try {
    // One after the other: several test files may find something missing at the same moment.
    await run('flock', [LOCK, 'sh', '-c', INSTALL], {
      env: { ...process.env, PACKAGES: packages.join(' ') },
      timeout: 300_000,
      maxBuffer: 67_108_864,
    })
    return null
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string }
    const said = stderr.trim().split('\n').slice(-3).join(' ') || String(error)
    return { reason: `apt-get cannot install it: ${said}`, isFault: true }
  }
}
