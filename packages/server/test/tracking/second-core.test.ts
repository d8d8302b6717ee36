import { cp, mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as core from '@tripline/core'
import { afterAll, expect, test } from 'vitest'
import { report, startGateway, until } from './gateway-world.ts'

type Core = typeof core

const folder = await realpath(await mkdtemp(join(tmpdir(), 'tripline-second-core-')))
afterAll(() => rm(folder, { recursive: true }))
const second = await secondCore()

/** What a plugin may throw, made by the core that it has. */
const failures: Readonly<Record<string, (from: Core) => core.TicketingError>> = {
  RateLimited: (from) => new from.RateLimited('Call less often.', 3_600_000),
  Unavailable: (from) => new from.Unavailable('Nobody is there.'),
  Unauthorized: (from) => new from.Unauthorized('The token is refused.'),
  PluginOutdated: (from) => new from.PluginOutdated('The route is gone.'),
  Rejected: (from) => new from.Rejected('No such priority.', [{ path: 'priority', message: 'unknown' }]),
  AccessDenied: (from) => new from.AccessDenied('Not in this project.'),
  UnexpectedResponse: (from) => new from.UnexpectedResponse('That makes no sense.'),
}

test.each(Object.entries(failures))(
  'a plugin with a core of its own may throw its %s, and the same happens as with ours',
  async (_, make) => {
    expect(Object.getPrototypeOf(make(second))).not.toBe(Object.getPrototypeOf(make(core)))
    const [ours, theirs] = await Promise.all([consequences(make(core)), consequences(make(second))])
    expect(theirs).toEqual(ours)
    expect(theirs.reason).toMatchObject({ code: make(core).code, message: make(core).message })
  },
)

test('a check that it refuses is a finding that says what to do', async () => {
  const error = new second.Unauthorized('The token is refused.')
  await using gateway = await startGateway({ adapter: { check: () => Promise.reject(error) } })
  const check = await until(async () => {
    const row = await gateway.database.selectFrom('ticketing_connections').selectAll().executeTakeFirst()
    return row?.last_check
  })
  expect(check.findings).toEqual([
    expect.objectContaining({
      message: 'The token is refused.',
      remedy: 'Give the connection credentials that are valid.',
    }),
  ])
})

/** What stands in the database after the creation of a ticket failed. */
async function consequences(error: core.TicketingError) {
  await using gateway = await startGateway({ adapter: { create: () => Promise.reject(error) } })
  const detectionId = await gateway.ingest(report('a'))
  const link = await until(async () => {
    const row = await gateway.link(detectionId)
    return row.reason === null ? null : row
  })
  const connection = await gateway.database
    .selectFrom('ticketing_connections')
    .selectAll()
    .executeTakeFirstOrThrow()
  return {
    state: link.state,
    syncState: link.sync_state,
    reason: link.reason,
    isTriedAgain: link.next_attempt_at !== null,
    hasFailed: link.attempts > 0,
    isLeftAlone: connection.not_before !== null && connection.not_before.getTime() > Date.now() + 3_000_000,
    pause: connection.paused_reason,
  }
}

/** The same sources loaded from another place, as those of a package that came with a plugin. */
async function secondCore(): Promise<Core> {
  const index = fileURLToPath(import.meta.resolve('@tripline/core'))
  await cp(dirname(index), join(folder, 'src'), { recursive: true })
  const zod = dirname(createRequire(index).resolve('zod/package.json'))
  await mkdir(join(folder, 'node_modules'))
  await symlink(zod, join(folder, 'node_modules', 'zod'))
  return (await import(pathToFileURL(join(folder, 'src', 'index.ts')).href)) as Core
}
