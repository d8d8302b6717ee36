import { expect, test } from 'vitest'
import { createTriggerRuntime, type TriggerRunInput } from '../src/index.ts'
import { sampleDetection, sampleInput } from './sample-run.ts'

const runtime = await createTriggerRuntime()

async function logged(script: string, given: Partial<TriggerRunInput> = {}): Promise<readonly string[]> {
  const { logs, error } = await runtime.run(script, sampleInput({ trigger: crypto.randomUUID(), ...given }))
  expect(error).toBeNull()
  return logs
}

test('runs a script as the sloppy body of a function', async () => {
  expect(
    await logged(`
      function twice() { return 1 }
      function twice() { return 2 }
      implicit = 3
      log(event, twice(), implicit, this === globalThis)
      return
      log('not reached')`),
  ).toEqual(['DETECTION_UPDATE 2 3 true'])
})

test('gives participants the objects of their kind', async () => {
  expect(
    await logged(`
      const [first, second] = Detection.participants
      log(first.object instanceof Device, first.object.ipaddrs[0].toString(), first.object.dnsNames[0], first.role)
      log(second.object instanceof IPAddress, String(second.object), second.object.isRFC1918, second.object_type)`),
  ).toEqual(['true 192.0.2.10 laptop.example.org offender', 'true 10.1.2.3 true ipaddr'])
})

test('works on addresses', async () => {
  expect(
    await logged(`
      log([new IPAddress('10.1.2.3').mask(8), new IPAddress('2001:db8::1:0:5').mask(33), new IPAddress('::ffff:1.2.3.4')].join())
      log(new IPAddress('8.8.8.8').isExternal, new IPAddress('fe80::1').isLinkLocal, new IPAddress('1.1.1.1').equals('1.1.1.1'))
      try { new IPAddress('nonsense') } catch (e) { log(e.message) }`),
  ).toEqual(['10.0.0.0,2001:db8::,::ffff:1.2.3.4', 'true true true', '"nonsense" is no IP address.'])
})

test('encodes, decodes and hashes', async () => {
  expect(
    await logged(`
      log([md5('a'), sha1('a'), sha256(Buffer('a')), sha512('a').length].join())
      log([new Buffer('hé').toString('hex'), Buffer('aGk=', 'base64').toString(), Buffer('abc').slice(1).decode('utf-8'),
        Buffer('ab').equals(Buffer('6162', 'hex')), Buffer('ab')[1], Buffer('ab').length].join())`),
  ).toEqual([
    '0cc175b9c0f1b6a831c399e269772661,86f7e437faa5a7fce15d1ddcb9eaeaea377667b8,ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb,128',
    '68c3a9,hi,bc,true,98,2',
  ])
})

test('keeps what Session and cache hold between runs, until it expires', async () => {
  let now = 0
  const kept = await createTriggerRuntime({ now: () => now })
  const run = async (script: string) => (await kept.run(script, sampleInput())).logs
  expect(
    await run(
      `log([Session.add('a', 1, {expire: 60}), Session.add('a', 5), Session.increment('a', 2), cache('k', () => 'first')].join())`,
    ),
  ).toEqual(['1,1,3,first'])
  now = 50_000
  expect(
    await run(
      `log([Session.lookup('a'), Session.replace('a', 9, {expire: 5}), cache('k', () => 'second')].join())`,
    ),
  ).toEqual(['3,3,first'])
  now = 60_000
  expect(
    await run(`log([Session.lookup('a'), Session.increment('a'), Session.modify('a', 1)].join('|'))`),
  ).toEqual(['||'])
})

test('cuts long lines, leaves out repeated ones, and counts what is too much', async () => {
  let now = 0
  const quiet = await createTriggerRuntime({ now: () => now, limits: { maxLogLines: 3 } })
  const first = await quiet.run(
    `log('é'.repeat(2000)); for (let i = 0; i < 9; i++) log('same'); debug('hidden')`,
    sampleInput(),
  )
  expect(first.logs.map((line) => Buffer.byteLength(line))).toEqual([2048, 4])
  expect(first).toMatchObject({ droppedLines: 8, debug: [] })
  expect((await quiet.run(`log('same')`, sampleInput())).logs).toEqual([])
  expect((await quiet.run(`log('same')`, sampleInput({ trigger: '2' }))).logs).toEqual(['same'])
  now = 30_000
  const last = await quiet.run(
    `log('same'); for (let i = 0; i < 9; i++) debug(i)`,
    sampleInput({ debug: true }),
  )
  expect(last).toMatchObject({ logs: ['same'], debug: ['0', '1', '2'], droppedLines: 6 })
})

test('loads scripts that use what only a packet engine has, and says what was ignored', async () => {
  const result = await runtime.run(
    `Network.metricAddCount('x', 1); Application('y').metricAddDetailCount('z', 'k', 1); commitRecord('r', {})
     const flow = new Dataset(1); if (ThreatIntel.hasIP('1.1.1.1')) log('never'); HTTP.sendMetrics()`,
    sampleInput(),
  )
  expect(result).toMatchObject({ outcome: 'done', logs: [] })
  expect(result.ignored).toEqual([
    'Network.metricAddCount',
    'Application.metricAddDetailCount',
    'commitRecord',
    'new Dataset',
    'ThreatIntel.hasIP',
    'HTTP.sendMetrics',
  ])
})

test('makes detections, and refuses what cannot be one', async () => {
  const made = await runtime.run(
    `commitDetection('burst', {title: 'T', description: 'D', riskScore: 60, identityKey: 'k', identityTtl: 'day',
      participants: [{role: 'offender', object: new IPAddress('10.0.0.1')}, {role: 'victim', object: Detection.participants[0].object}]})`,
    sampleInput(),
  )
  expect(made.commits).toEqual([
    {
      type: 'burst',
      title: 'T',
      description: 'D',
      riskScore: 60,
      identityKey: 'k',
      identityTtl: 'day',
      participants: [
        { role: 'offender', kind: 'ipaddr', id: null, address: '10.0.0.1', hostname: null },
        {
          role: 'victim',
          kind: 'device',
          id: '25769803777',
          address: '192.0.2.10',
          hostname: 'laptop.example.org',
        },
      ],
    },
  ])
  for (const options of [
    '{}',
    `{title: 'T', description: 'D', riskScore: 100}`,
    `{title: 'T', description: 'D', participants: [1]}`,
  ])
    expect(await runtime.run(`commitDetection('x', ${options})`, sampleInput())).toMatchObject({
      outcome: 'failed',
      commits: [],
    })
})

test('gives external data and refuses the detection there', async () => {
  const occasion = { event: 'EXTERNAL_DATA', external: { type: 'scan', body: { host: 'a' } } } as const
  expect(await logged('log(ExternalData.type, ExternalData.body.host)', { occasion })).toEqual(['scan a'])
  expect(await runtime.run('Detection.id', sampleInput({ occasion }))).toMatchObject({ outcome: 'failed' })
})

test('does not let a script write to the detection', async () => {
  const occasion = { event: 'DETECTION_UPDATE', detection: sampleDetection() } as const
  expect(await logged(`Detection.title = 'x'; log(Detection.title)`, { occasion })).toEqual([
    sampleDetection().title,
  ])
})
