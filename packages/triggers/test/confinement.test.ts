import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonValue } from '@tripline/core'
import { createTriggerRuntime } from '../src/index.ts'
import { sampleDetection, sampleInput } from './sample-run.ts'

const runtime = await createTriggerRuntime({ limits: { timeoutMs: 400 } })

async function logged(script: string): Promise<readonly string[]> {
  const { logs, error } = await runtime.run(script, sampleInput({ trigger: crypto.randomUUID() }))
  expect(error).toBeNull()
  return logs
}

const outside = [
  'process',
  'require',
  'module',
  'globalThis.process',
  'fetch',
  'XMLHttpRequest',
  'WebAssembly',
  'setTimeout',
  'console',
  'Deno',
  'Bun',
  'std',
  'os',
  'hostCall',
  'sandbox',
  'Worker',
]

test('offers nothing of the host by name', async () => {
  const [line] = await logged(
    `log(${JSON.stringify(outside)}.filter(name => { try { return typeof eval(name) !== 'undefined' } catch { return false } }).join())`,
  )
  expect(line).toBe('')
})

const roads: readonly (readonly [string, string])[] = [
  ['constructor chains', `log.constructor('return this')()`],
  ['constructors of instances', `Detection.constructor.constructor('return this')()`],
  ['Function', `Function('return this')()`],
  [
    'the constructor of generators',
    `Object.getPrototypeOf(function*(){}).constructor('yield this')().next().value`,
  ],
  [
    'errors of host calls',
    `(() => { try { Remote.Syslog.info(1) } catch (e) { return e.constructor.constructor('return this')() } })()`,
  ],
  [
    'getters of results',
    `Object.getOwnPropertyDescriptor(Detection, 'participants').get.constructor('return this')()`,
  ],
  ['proxies', `new Proxy(Remote, {get: (t, k, r) => Reflect.get(t, k).constructor('return this')()}).HTTP`],
  [
    'stack traces',
    `(() => { let seen; Error.prepareStackTrace = (_, s) => { seen = s; return s }; new Error().stack; return seen?.[0]?.getThis?.() ?? this })()`,
  ],
  ['the caller', `(function f() { return f.caller?.constructor?.('return this')?.() ?? this })()`],
]

test.each(roads)('leads by %s to the global object of the sandbox and no further', async (_, road) => {
  const [line] = await logged(
    `var mark = {}; globalThis.mark = mark; const found = ${road}
     log(found.mark === mark, ${JSON.stringify(outside)}.filter(name => name in found).join())`,
  )
  expect(line).toBe('true ')
})

test('cannot import modules', async () => {
  for (const name of ['fs', 'node:fs', 'std', 'os', './trigger.js', 'data:text/javascript,1']) {
    expect(await logged(`import('${name}').then(() => log('imported'), () => log('refused'))`)).toEqual([
      'refused',
    ])
  }
})

test('begins each run as if there had been none before', async () => {
  await runtime.run(
    `Object.prototype.leak = 1; Array.prototype.map = null; String.prototype.trim = () => 'x'; leaked = 1
     JSON.parse = JSON.stringify = () => 'mine'; Remote.HTTP = log = debug = Session.lookup = null
     delete Object.prototype.toString; Object.freeze(Object.prototype); Function.prototype.call = null
     globalThis.Detection = {title: 'mine'}; Promise.prototype.then = null; Error.prototype.name = 'mine'`,
    sampleInput(),
  )
  const [line] = await logged(
    `log([typeof leaked, ({}).leak, [1].map(x => x + 1)[0], ' a '.trim(), JSON.stringify({a: 1}), Detection.id,
      String({}), typeof Remote.HTTP.get, Session.lookup('x'), (() => {}).call(), new Error('x').name].join())`,
  )
  expect(line).toBe('undefined,,2,a,{"a":1},25769804127,[object Object],function,,,Error')
})

test('judges what is sent outside, whatever became of the code inside', async () => {
  const { messages, outcome } = await runtime.run(
    `JSON.stringify = () => '["http","ticket-server","GET",{"path":"/ evil","headers":{"authorization":"x"}}]'
     Array.prototype[Symbol.iterator] = function* () { yield 'x' }; Object.prototype.toJSON = () => ({evil: true})
     try { Remote.HTTP.get({path: '/'}) } catch {}`,
    sampleInput(),
  )
  expect(messages.every(({ message }) => message.kind === 'http' && !/\s/u.test(message.path))).toBe(true)
  expect(['done', 'failed']).toContain(outcome)
})

test('draws other random numbers in each run', async () => {
  expect(await logged('log(Math.random())')).not.toEqual(await logged('log(Math.random())'))
})

const hostile: readonly (readonly [string, string, string])[] = [
  ['an endless loop', 'while (true);', 'timeout'],
  ['an endless chain of promises', '(function f() { Promise.resolve().then(f) })()', 'timeout'],
  ['a getter that never ends, on what is thrown', 'throw {get message() { while (true); }}', 'timeout'],
  ['an expression that backtracks', `/^(a+)+$/.test('a'.repeat(40) + 'b')`, 'timeout'],
  ['recursion', '(function f() { f() })()', 'failed'],
  ['a deep value', 'let o = []; for (let i = 0; i < 1e5; i++) o = [o]; JSON.stringify(o)', 'failed'],
  [
    'a deep context',
    `let o = []; for (let i = 0; i < 200; i++) o = [o]; Remote.HTTP.get({path: '/', context: o})`,
    'failed',
  ],
  ['a huge payload', `Remote.HTTP.post({path: '/', payload: 'x'.repeat(6e6)})`, 'failed'],
  ['too many messages', `for (let i = 0; i < 1e4; i++) Remote.HTTP.get({path: '/' + i})`, 'failed'],
  ['a thrown null', 'throw null', 'failed'],
  ['a thrown symbol', 'throw Symbol()', 'failed'],
]

test.each(hostile)('contains %s', async (_, script, outcome) => {
  expect(await runtime.run(script, sampleInput())).toMatchObject({ outcome })
  expect(await runtime.run('log(Detection.id)', sampleInput({ trigger: crypto.randomUUID() }))).toMatchObject(
    {
      outcome: 'done',
      logs: ['25769804127'],
    },
  )
})

test('contains what wants all memory', async () => {
  const patient = await createTriggerRuntime({ limits: { timeoutMs: 20_000, memoryBytes: 8 * 1024 * 1024 } })
  const grabs = `const kept = []; while (true) kept.push('x'.repeat(1e6) + kept.length)`
  expect(await patient.run(grabs, sampleInput())).toMatchObject({ outcome: 'memory' })
  expect(await patient.run('1', sampleInput())).toMatchObject({ outcome: 'done' })
})

const json = fc.jsonValue({ maxDepth: 5 }) as fc.Arbitrary<JsonValue>

test('hands JSON in and out unchanged', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.string({ unit: 'binary' }), json, { noNullPrototype: true }),
      async (properties) => {
        const input = sampleInput({
          occasion: { event: 'DETECTION_UPDATE', detection: sampleDetection({ properties }) },
        })
        const { messages, error } = await runtime.run(
          `Remote.HTTP.post({path: '/', payload: JSON.stringify(Detection.properties), enableResponseEvent: true,
          context: Detection.properties})`,
          input,
        )
        expect(error).toBeNull()
        const message = messages[0]?.message
        if (message?.kind !== 'http') throw new TypeError('nothing was sent')
        const expected: unknown = JSON.parse(JSON.stringify(properties))
        expect(message.reply?.context).toStrictEqual(expected)
        const wellFormed: unknown = JSON.parse(JSON.stringify(properties).toWellFormed())
        expect(JSON.parse(Buffer.from(message.payload ?? '', 'base64').toString())).toStrictEqual(wellFormed)
      },
    ),
    { numRuns: 100 },
  )
})
