import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

export const perlProgram = '/usr/bin/perl'
/** Part of every Debian. */
export const setprivProgram = '/usr/bin/setpriv'
export const serverProgram = '/usr/share/request-tracker5/libexec/rt-server'
export const setupProgram = '/usr/sbin/rt-setup-database-5'

const LOCK = '/run/lock/tripline-request-tracker'

/** Without a mail program of its own RT wants one installed; `dma` is the smallest. */
const PACKAGES = ['dma', 'request-tracker5', 'rt5-standalone', 'rt5-db-sqlite']

/** Everything of the machine's own stays out of it: no database, no cron jobs, no web server. */
const ANSWERS = `
request-tracker5 request-tracker5/rtname string rt.example.test
request-tracker5 request-tracker5/organization string rt.example.test
request-tracker5 request-tracker5/install-cronjobs boolean false
request-tracker5 request-tracker5/handle-siteconfig-permissions boolean false
request-tracker5 request-tracker5/dbconfig-install boolean false
`

const INSTALL = `
set -e
[ -e ${serverProgram} ] && [ -e ${setupProgram} ] && exit 0
export DEBIAN_FRONTEND=noninteractive
printf '%s' "$ANSWERS" | debconf-set-selections
install() {
  apt-get install -y --no-install-recommends -o Acquire::http::Timeout=20 -o Dpkg::Options::=--force-unsafe-io \\
    ${PACKAGES.join(' ')}
}
install || { apt-get update -o Acquire::http::Timeout=20 && install; }
`

/** Why there is no Request Tracker here. */
export interface NotInstalled {
  readonly reason: string
  /** Whether it should have been possible. */
  readonly isFault: boolean
}

/** Installs Request Tracker 5 from Debian's packages unless it is there; `null`: it is there now. */
export async function installRequestTracker(): Promise<NotInstalled | null> {
  if (process.platform !== 'linux' || !existsSync('/etc/debian_version'))
    return { reason: 'it is installed from the packages of Debian', isFault: false }
  if (process.getuid?.() !== 0)
    return { reason: 'it is installed and started by root, to run as www-data', isFault: false }
  try {
    // One after the other: several test files may find it missing at the same moment.
    await run('flock', [LOCK, 'sh', '-c', INSTALL], {
      env: { ...process.env, ANSWERS },
      timeout: 540_000,
      maxBuffer: 67_108_864,
    })
    return null
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string }
    const said = stderr.trim().split('\n').slice(-3).join(' ') || String(error)
    return { reason: `apt-get cannot install it: ${said}`, isFault: true }
  }
}
