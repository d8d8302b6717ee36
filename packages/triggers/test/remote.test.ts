import { expect, test } from 'vitest'
import { createTriggerRuntime } from '../src/index.ts'
import { sampleInput } from './sample-run.ts'

const runtime = await createTriggerRuntime()

async function sent(script: string) {
  const { messages, error } = await runtime.run(script, sampleInput())
  expect(error).toBeNull()
  return messages
}

async function errorOf(script: string): Promise<string> {
  const { outcome, error } = await runtime.run(script, sampleInput())
  expect(outcome).toBe('failed')
  return `${error?.name}: ${error?.message}`
}

/** What the product's documentation prints, with its wrapped string joined. */
const documented = `
const summary = "ExtraHop Detection: " + Detection.id + ": " +
  Detection.title;
const description = "ExtraHop has detected the following event on your network: " + Detection.description
const payload = {
  "fields": {
    "summary": summary,
    "assignee": {
      "name": "escalations_team"
    },
    "reporter": {
      "name": "ExtraHop"
    },
    "priority": {
      "id": Detection.riskScore
    },
    "labels": Detection.categories,
    "mitreCategories": Detection.mitreCategories,
    "description": description
  }
};

const req = {
  'path': '/rest/api/issue',
  'headers': {
    'Content-Type': 'application/json'
  },
  'payload': JSON.stringify(payload)
};

Remote.HTTP('ticket-server').post(req);
`

test('runs the documented trigger and sends what it builds', async () => {
  const [first] = await sent(documented)
  expect(first).toMatchObject({
    target: 'ticket-server',
    message: {
      kind: 'http',
      method: 'POST',
      path: '/rest/api/issue',
      headers: { 'Content-Type': 'application/json' },
      reply: null,
    },
  })
  const { message } = first ?? {}
  const payload = message?.kind === 'http' ? Buffer.from(message.payload ?? '', 'base64').toString() : ''
  expect(JSON.parse(payload)).toEqual({
    fields: {
      summary: 'ExtraHop Detection: 25769804127: Suspicious CIFS Client File Share Access',
      assignee: { name: 'escalations_team' },
      reporter: { name: 'ExtraHop' },
      priority: { id: 83 },
      labels: ['sec', 'sec.lateral'],
      mitreCategories: [
        { id: 'T1087', name: 'Account Discovery', url: 'https://attack.mitre.org/techniques/T1087' },
        { id: 'TA0007', name: 'Discovery', url: 'https://attack.mitre.org/tactics/TA0007' },
      ],
      description:
        'ExtraHop has detected the following event on your network: Reads of many files on [corpshare](#/metrics/devices/1)',
    },
  })
})

test('says where the documented trigger is wrong as it is printed', async () => {
  const printed = documented.replace('on your network', 'on your\n  network')
  expect(await runtime.check(printed)).toEqual({
    name: 'SyntaxError',
    message: 'unexpected end of string',
    line: 4,
  })
})

test('takes both call forms, and an object that is kept', async () => {
  const messages = await sent(`
    const ods = Remote.HTTP('ticket-server')
    ods.get({path: '/a'}); ods.delete({path: '/b'})
    Remote.HTTP.request('options', {path: 'c'})
  `)
  expect(messages.map(({ target, message }) => [target, message.kind === 'http' && message.method])).toEqual([
    ['ticket-server', 'GET'],
    ['ticket-server', 'DELETE'],
    ['default', 'OPTIONS'],
  ])
})

test('returns false for a target that does not exist, and says so', async () => {
  const { logs, refused } = await runtime.run(
    `log(Remote.HTTP('nowhere').get({path: '/'}), Remote.Syslog.info('x'))`,
    sampleInput(),
  )
  expect(logs).toEqual(['false true'])
  expect(refused).toEqual([
    { target: 'nowhere', kind: 'http', reason: 'There is no http target named "nowhere".' },
  ])
})

test.each([
  'Connection',
  'authorization',
  'Proxy-Connection',
  'Content-Length',
  'X-Forwarded-For',
  'transfer-encoding',
])('refuses the restricted header %s', async (name) => {
  expect(await errorOf(`Remote.HTTP.get({path: '/', headers: {'${name}': 'x'}})`)).toContain('restricted')
})

test.each([
  [`Remote.HTTP.post()`, 'TypeError'],
  [`Remote.HTTP.post({})`, 'path'],
  [`Remote.HTTP.post({path: '/a b'})`, 'spaces'],
  [`Remote.HTTP.post({path: '/', payload: {}})`, 'payload'],
  [`Remote.HTTP.post({path: '/', headers: {'a': 'x\\r\\ny: z'}})`, 'no header can'],
  [`Remote.HTTP.post({path: '/', headers: {'a b': 'x'}})`, 'cannot be a header'],
  [`Remote.HTTP.request('FETCH', {path: '/'})`, 'method'],
  [`Remote.HTTP(1)`, 'string'],
  [`Remote.Kafka.send('.', 'x')`, 'topic'],
  [`Remote.Kafka.send('a b', 'x')`, 'topic'],
  [`Remote.Kafka.send('a', ['x'])`, 'no list'],
  [`Remote.Kafka.send('a')`, 'at least one'],
  [`Remote.Kafka.send({topic: 'a', messages: ['x'], partition: 'y'})`, 'partition'],
  [`Remote.MongoDB.insert('nodatabase', {})`, 'database.collection'],
  [`Remote.MongoDB.insert('a.b', 'x')`, 'document'],
  [`Remote.Syslog.info()`, 'one string'],
  [`Remote.Syslog.info('a', 'b')`, 'one string'],
  [`Remote.Syslog.info(1)`, 'one string'],
  [`Remote.Raw.send({})`, 'one string'],
])('stops at %s', async (script, reason) => {
  expect(await errorOf(script)).toContain(reason)
})

test('sends to every other kind of target', async () => {
  const messages = await sent(`
    Remote.Kafka('ticket-server').send({topic: 't', messages: ['a', {b: 1}], partition: 2})
    Remote.Kafka.send('t', 'a', 'b')
    Remote.MongoDB.insert('d.c', {a: 1}); Remote.MongoDB.insert('d.c.e', [{a: 1}, {b: 2}])
    Remote.MongoDB.remove('d.c', {a: 1}, true); Remote.MongoDB.update('d.c', {a: 1}, {$set: {b: 2}}, {upsert: true})
    Remote.Syslog.emerg('down'); Remote.Syslog('ticket-server').debug('up')
    Remote.Raw.send('x')
  `)
  expect(messages.map(({ message }) => message)).toEqual([
    { kind: 'kafka', topic: 't', messages: ['a', '{"b":1}'], partition: 2 },
    { kind: 'kafka', topic: 't', messages: ['a', 'b'], partition: null },
    { kind: 'mongodb', collection: 'd.c', operation: 'insert', documents: [{ a: 1 }] },
    { kind: 'mongodb', collection: 'd.c.e', operation: 'insert', documents: [{ a: 1 }, { b: 2 }] },
    { kind: 'mongodb', collection: 'd.c', operation: 'remove', query: { a: 1 }, justOne: true },
    {
      kind: 'mongodb',
      collection: 'd.c',
      operation: 'update',
      query: { a: 1 },
      update: { $set: { b: 2 } },
      upsert: true,
      multi: false,
    },
    { kind: 'syslog', severity: 0, message: 'down' },
    { kind: 'syslog', severity: 7, message: 'up' },
    { kind: 'raw', payload: Buffer.from('x').toString('base64') },
  ])
})

test('gives the answer to a request, with its context, to REMOTE_RESPONSE alone', async () => {
  const [asked] = await sent(
    `Remote.HTTP.get({path: '/', enableResponseEvent: true, context: {detection: Detection.id}})`,
  )
  expect(asked?.message).toMatchObject({ reply: { context: { detection: 25_769_804_127 } } })
  const { logs } = await runtime.run(
    `const {statusCode, body, headers, context} = Remote.response
     log(event, statusCode, JSON.parse(body.toString()).key, headers['set-cookie'].length, context.detection)`,
    sampleInput({
      occasion: {
        event: 'REMOTE_RESPONSE',
        response: {
          statusCode: 201,
          body: Buffer.from('{"key":"EX-1"}').toString('base64'),
          headers: { 'set-cookie': ['a', 'b'] },
          context: { detection: 5 },
        },
      },
    }),
  )
  expect(logs).toEqual(['REMOTE_RESPONSE 201 EX-1 2 5'])
  expect(await errorOf('Remote.response')).toContain('REMOTE_RESPONSE only')
})
