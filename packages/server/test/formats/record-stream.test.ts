import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readRecords, type RecordStreamOptions } from '../../src/formats/record-stream.ts'

interface Outcome {
  readonly values: unknown[]
  readonly errors: { index: number; line: number; reason: string; fatal: boolean; message: string }[]
}

async function* chunks(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array, void> {
  let start = 0
  for (let turn = 0; start < bytes.length; turn++) {
    const size = sizes.length === 0 ? bytes.length : (sizes[turn % sizes.length] ?? 1)
    yield bytes.subarray(start, start + size)
    start += size
  }
}

async function read(
  input: string | Uint8Array,
  options?: RecordStreamOptions,
  sizes: readonly number[] = [],
): Promise<Outcome> {
  const bytes = typeof input === 'string' ? Buffer.from(input) : input
  const outcome: Outcome = { values: [], errors: [] }
  let expectedIndex = 0
  for await (const result of readRecords(chunks(bytes, sizes), options)) {
    expect(result.index).toBe(expectedIndex++)
    if ('error' in result) {
      const { reason, fatal, message } = result.error
      outcome.errors.push({ index: result.index, line: result.line, reason, fatal, message })
    } else outcome.values.push(result.value)
  }
  return outcome
}

const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown

const objects = fc.array(
  fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 3 })).map(plain),
  { maxLength: 8 },
)
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 })

const layouts: Record<string, (records: readonly unknown[]) => string | Uint8Array> = {
  'one per line': (records) => records.map((record) => `${JSON.stringify(record)}\n`).join(''),
  'one per line, CRLF, no last line end': (records) => records.map((r) => JSON.stringify(r)).join('\r\n'),
  'one after the other': (records) => records.map((record) => JSON.stringify(record)).join(''),
  'indented objects': (records) => records.map((record) => JSON.stringify(record, null, 2)).join('\n'),
  array: (records) => JSON.stringify(records),
  'indented array with a byte order mark': (records) => `\uFEFF${JSON.stringify(records, null, '\t')}\r\n`,
  'two arrays': (records) => `${JSON.stringify(records.slice(0, 2))}\n${JSON.stringify(records.slice(2))}`,
  gzip: (records) => gzipSync(records.map((record) => `${JSON.stringify(record)}\n`).join('')),
  'gzip of two members': (records) =>
    Buffer.concat([gzipSync(JSON.stringify(records)), gzipSync(JSON.stringify([]))]),
  zstd: (records) => zstdCompressSync(JSON.stringify(records)),
}

describe('readRecords', () => {
  test.each(Object.entries(layouts))(
    'gives the same records however %s is cut into chunks',
    async (_, layout) => {
      await fc.assert(
        fc.asyncProperty(objects, sizes, async (records, cuts) => {
          const outcome = await read(layout(records), {}, cuts)
          expect(outcome).toEqual({ values: records, errors: [] })
        }),
      )
    },
  )

  test('takes objects over several lines without indentation, as long as none is on one line', async () => {
    const records = fc.array(
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { minKeys: 1 }).map(plain),
    )
    await fc.assert(
      fc.asyncProperty(records, sizes, async (values, cuts) => {
        const texts = values.map((value) => JSON.stringify(value, null, 1).replace(/^ +/gm, ''))
        expect(await read(texts.join('\n'), {}, cuts)).toEqual({ values, errors: [] })
      }),
    )
  })

  test('gives the same results for any bytes, however they are cut', async () => {
    const text = fc
      .array(fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\n', ' ', '1', '\\', '{"a":1}', '\n{'), {
        maxLength: 60,
      })
      .map((parts) => parts.join(''))
    const limits = fc.record({
      maxRecordBytes: fc.integer({ min: 1, max: 40 }),
      maxDepth: fc.integer({ min: 1, max: 6 }),
    })
    await fc.assert(
      fc.asyncProperty(text, limits, sizes, async (input, options, cuts) => {
        expect(await read(input, options, cuts)).toEqual(await read(input, options))
      }),
      { numRuns: 3_000 },
    )
  })

  test('loses only the lines that are cut off', async () => {
    const lines = fc.array(
      fc.record({
        record: fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), fc.jsonValue({ maxDepth: 2 }), {
          minKeys: 1,
        }),
        cut: fc.option(fc.nat()),
      }),
      { maxLength: 10 },
    )
    await fc.assert(
      fc.asyncProperty(lines, sizes, async (plan, cuts) => {
        const texts = plan.map(({ record, cut }) => {
          const text = JSON.stringify(record)
          return cut === null ? text : text.slice(0, 1 + (cut % (text.length - 1)))
        })
        const outcome = await read(`${texts.join('\n')}\n`, {}, cuts)
        expect(outcome.values).toEqual(
          plan.filter(({ cut }) => cut === null).map(({ record }) => plain(record)),
        )
        expect(outcome.errors).toHaveLength(plan.filter(({ cut }) => cut !== null).length)
      }),
      { numRuns: 1_000 },
    )
  })

  test('reports a bad line with its index and number and goes on', async () => {
    const outcome = await read('{"a":1}\n\n{"a":}\nnonsense\n{"a":2}\n')
    expect(outcome.values).toEqual([{ a: 1 }, { a: 2 }])
    expect(outcome.errors).toEqual([
      expect.objectContaining({ index: 1, line: 3, reason: 'syntax', fatal: false }),
      expect.objectContaining({ index: 2, line: 4, reason: 'syntax', fatal: false }),
    ])
    expect(outcome.errors[0]?.message).toMatch(/^Line 3 \(byte 9\): not JSON: Unexpected token '}'/)
  })

  test('takes objects over several lines behind objects on one line', async () => {
    const outcome = await read(
      '{"a":1}\n{\n  "b": [\n    {"c": 1},\n    {\n      "d": 2\n    }\n  ]\n}\n{"e":3}\n',
    )
    expect(outcome).toEqual({ values: [{ a: 1 }, { b: [{ c: 1 }, { d: 2 }] }, { e: 3 }], errors: [] })
  })

  test('passes over the rest of a broken indented object', async () => {
    const outcome = await read('{\n  "a": [1, 2}\n  "b": 3\n}\n{\n  "c": 4\n}\n')
    expect(outcome.values).toEqual([{ c: 4 }])
    expect(outcome.errors).toEqual([expect.objectContaining({ index: 0, line: 1, reason: 'syntax' })])
  })

  test('reports a bad element of an array and goes on', async () => {
    const outcome = await read('[{"a":1},{"a":},{"a":2} {"a":3},,{"a":4},]')
    expect(outcome.values).toEqual([{ a: 1 }, { a: 4 }])
    expect(outcome.errors.map(({ index, reason, fatal }) => [index, reason, fatal])).toEqual([
      [1, 'syntax', false],
      [2, 'syntax', false],
      [3, 'syntax', false],
      [5, 'syntax', false],
    ])
  })

  test.each([
    ['[{"a":1},\n{"a":"x\n},{"a":2}]', 'syntax', 2],
    ['[{"a":1},{"a":[1}],{"a":2}]', 'syntax', 1],
    ['[{"a":1},\n\n{"a":', 'truncated', 3],
    ['[{"a":1},', 'truncated', 1],
  ])('ends with one error where the array %j cannot be followed', async (input, reason, line) => {
    const outcome = await read(input)
    expect(outcome.values).toEqual([{ a: 1 }])
    expect(outcome.errors).toEqual([expect.objectContaining({ index: 1, line, reason, fatal: true })])
    expect(outcome.errors[0]?.message).toMatch(/byte \d+.*Reading stopped here\.$/)
  })

  test('passes over a record that is too large without keeping it', async () => {
    const large = `{"a":"${'x'.repeat(5_000)}"}`
    for (const input of [`{"b":1}\n${large}\n{"b":2}\n`, `[{"b":1},${large},{"b":2}]`]) {
      const outcome = await read(input, { maxRecordBytes: 1_000 }, [64])
      expect(outcome.values).toEqual([{ b: 1 }, { b: 2 }])
      expect(outcome.errors).toEqual([
        expect.objectContaining({ index: 1, reason: 'too_large', fatal: false }),
      ])
    }
  })

  test('does not grow with the length of a record that never ends', async () => {
    const chunk = Buffer.alloc(1024 * 1024, '{"a":[1,2,3],"b":')
    async function* endless() {
      for (let turn = 0; turn < 300; turn++) yield await Promise.resolve(chunk)
    }
    const before = process.memoryUsage().arrayBuffers
    const results = []
    for await (const result of readRecords(endless())) results.push(result)
    expect(results).toEqual([
      expect.objectContaining({ error: expect.objectContaining({ reason: 'too_deep' }) }),
    ])
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50 * 1024 * 1024)
  })

  test('refuses a record that is nested too deep, and no other', async () => {
    const nested = (depth: number) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)
    const outcome = await read([nested(200), nested(201), nested(100_000), nested(1)].join('\n'))
    expect(outcome.values).toHaveLength(2)
    expect(outcome.errors.map(({ index, reason }) => [index, reason])).toEqual([
      [1, 'too_deep'],
      [2, 'too_deep'],
    ])
  })

  test('reports text that is not UTF-8', async () => {
    const input = Buffer.concat([
      Buffer.from('{"a":"'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}\n{"a":1}\n'),
    ])
    const outcome = await read(input)
    expect(outcome.values).toEqual([{ a: 1 }])
    expect(outcome.errors).toEqual([expect.objectContaining({ index: 0, reason: 'encoding' })])
  })

  test('names UTF-16', async () => {
    const outcome = await read(Buffer.from('\uFEFF{"a":1}', 'utf16le'))
    expect(outcome.errors).toEqual([
      expect.objectContaining({
        reason: 'encoding',
        fatal: true,
        message: expect.stringContaining('UTF-16'),
      }),
    ])
  })

  test.each([
    ['gzip', gzipSync('{"a":1}\n'.repeat(50_000), { level: 0 })],
    [
      'zstd',
      zstdCompressSync(
        Buffer.from(Array.from({ length: 50_000 }, (_, i) => `{"a":${(i * 7919) % 49_999}}\n`).join('')),
      ),
    ],
  ])('says that %s data is cut off, behind the records before', async (kind, compressed) => {
    const outcome = await read(compressed.subarray(0, compressed.length - 1_000), {}, [10_000])
    expect(outcome.values.length).toBeGreaterThan(1_000)
    expect(outcome.errors).toEqual([
      expect.objectContaining({ reason: 'compression', fatal: true, message: expect.stringContaining(kind) }),
    ])
  })

  test('says that gzip data is damaged', async () => {
    const compressed = gzipSync('{"a":1}\n'.repeat(1_000))
    compressed.fill(0xff, 20, 40)
    const outcome = await read(compressed)
    expect(outcome.errors.at(-1)).toMatchObject({ reason: 'compression', fatal: true })
  })

  test('stops at the bound on the whole, counted after decompression', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '))
    const outcome = await read(bomb, { maxTotalBytes: 1024 * 1024 })
    expect(outcome.errors).toEqual([expect.objectContaining({ reason: 'too_large', fatal: true })])
  })

  test('finds nothing in nothing', async () => {
    for (const input of ['', ' \r\n\n', '[]', '\uFEFF', gzipSync('')]) {
      expect(await read(input)).toEqual({ values: [], errors: [] })
    }
  })

  test('throws the errors of the source as they are', async () => {
    const failure = new Error('connection reset')
    for (const start of [Buffer.from('{"a":1}\n{"a"'), gzipSync('{"a":1}\n').subarray(0, 12)]) {
      async function* broken() {
        yield await Promise.resolve(start)
        throw failure
      }
      await expect(async () => {
        for await (const result of readRecords(broken())) void result
      }).rejects.toBe(failure)
    }
  })

  test('closes the source when the reader stops early', async () => {
    for (const bytes of [Buffer.from('{"a":1}\n'), gzipSync('{"a":1}\n'.repeat(9))]) {
      let closed = false
      async function* source() {
        try {
          for (;;) yield await Promise.resolve(bytes)
        } finally {
          closed = true
        }
      }
      for await (const result of readRecords(source())) {
        expect(result.index).toBe(0)
        break
      }
      await expect.poll(() => closed).toBe(true)
    }
  })
})
