import { expect, test } from 'vitest'
import {
  createOdsTarget,
  deleteOdsTarget,
  getOdsTarget,
  listOdsTargets,
  odsTargetBodySchema,
  odsTargetSchema,
} from '../../src/streams/ods-targets.ts'
import { origin, startStreamWorld } from './stream-world.ts'

const http = odsTargetBodySchema.parse({
  name: 'siem',
  host: 'siem.example.com',
  port: 443,
  protocol: 'https',
  pipeline: true,
  authentication: { auth_type: 'basic', username: 'sam', password: 'shh' },
  additional_header: 'X-Key: secret',
  skip_cert_verification: null,
})

test('a target is made by the names that ExtraHop gives its settings, and answered without its secrets', async () => {
  await using world = await startStreamWorld()
  await createOdsTarget(world.deps, 'http', http, origin)
  const answered = await getOdsTarget(world.deps, 'http', 'siem')
  expect(answered).toEqual({
    type: 'http',
    name: 'siem',
    host: 'siem.example.com',
    port: 443,
    protocol: 'https',
    pipeline: true,
    authentication: { auth_type: 'basic', username: 'sam' },
  })
  expect(odsTargetSchema.parse(answered)).toEqual(answered)
  const [row] = await world.database.selectFrom('stream_targets').selectAll().execute()
  expect(Object.keys(row?.secrets ?? {}).toSorted()).toEqual(['additional_header', 'authentication.password'])
  expect(JSON.stringify(row)).not.toContain('shh')
})

test('targets are listed by kind, and deleted by name', async () => {
  await using world = await startStreamWorld()
  const syslog = { name: 'log', host: 'log.example.com', port: 514, protocol: 'udp' }
  const raw = { name: 'log', host: 'raw.example.com', port: 9, protocol: 'tcp', compression: true }
  await createOdsTarget(world.deps, 'syslog', syslog, origin)
  await createOdsTarget(world.deps, 'raw', raw, origin)
  await createOdsTarget(world.deps, 'http', http, origin)
  expect((await listOdsTargets(world.deps, null)).map(({ type, name }) => [type, name])).toEqual([
    ['http', 'siem'],
    ['raw', 'log'],
    ['syslog', 'log'],
  ])
  expect(await listOdsTargets(world.deps, 'raw')).toMatchObject([{ compression: 'gzip' }])
  await deleteOdsTarget(world.deps, 'raw', 'log', origin)
  expect(await listOdsTargets(world.deps, 'raw')).toEqual([])
  await expect(deleteOdsTarget(world.deps, 'raw', 'log', origin)).rejects.toThrow('No raw target')
})

test('what cannot be a target is refused with every reason, and a kind without a plugin with what to install', async () => {
  await using world = await startStreamWorld()
  const bad = { name: 'bad', host: 'https://x', port: 0, protocol: 'gopher' }
  const refused = createOdsTarget(world.deps, 'http', bad, origin)
  await expect(refused).rejects.toMatchObject({
    code: 'INVALID_SETTINGS',
    issues: [{ path: 'host' }, { path: 'port' }, { path: 'protocol' }],
  })
  await createOdsTarget(world.deps, 'http', http, origin)
  await expect(createOdsTarget(world.deps, 'http', http, origin)).rejects.toThrow('is called siem')
  const kafka = createOdsTarget(world.deps, 'kafka', { name: 'k' }, origin)
  await expect(kafka).rejects.toThrow('tripline plugin add @tripline/plugin-kafka')
})
