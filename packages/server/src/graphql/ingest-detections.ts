import { DomainError, InvalidInput, type DetectionReport } from '@tripline/core'
import { ingestReports, type IndexedReport, type IngestOutcome } from '../detections/ingest-detections.ts'
import { findFormat, formats } from '../formats/format.ts'
import { parseReport } from '../formats/parse-report.ts'
import { builder } from './builder.ts'
import { ingestDetectionInput, toReportInput, type IngestDetection } from './ingest-input.ts'
import { expectedErrorRef, expecting, failed, type ExpectedFailure, type Payload } from './expected-errors.ts'
import { originOf } from './origin.ts'
import { detectionRef } from './refs.ts'
import { loadRow } from './rows.ts'

const MOST_DETECTIONS = 5_000
const BATCH = 500
const LONGEST_SOURCE = 200

interface IngestResult {
  readonly index: number
  readonly outcome: Uppercase<IngestOutcome['outcome']> | null
  readonly detectionId: string | null
  readonly error: ExpectedFailure | null
}

const outcomeEnum = builder.enumType('IngestOutcome', {
  description:
    '`UNCHANGED`: this content is stored already; `STALE`: newer content is stored, so this was left out.',
  values: ['CREATED', 'UPDATED', 'UNCHANGED', 'STALE'] as const,
})

const resultRef = builder.objectRef<IngestResult>('IngestDetectionResult').implement({
  fields: (t) => ({
    index: t.exposeInt('index', { description: 'The place in the input.' }),
    outcome: t.field({ type: outcomeEnum, nullable: true, resolve: ({ outcome }) => outcome }),
    detection: t.field({
      type: detectionRef,
      nullable: true,
      resolve: ({ detectionId }, _, context, info) => loadRow('Detection', detectionId, context, info),
    }),
    error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
  }),
})

const payloadRef = builder
  .objectRef<Payload<{ results: readonly IngestResult[] }>>('IngestDetectionsPayload')
  .implement({
    fields: (t) => ({
      results: t.field({
        type: [resultRef],
        description: 'One for each detection of the input, in its order.',
        resolve: ({ results }) => results ?? [],
      }),
      error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
    }),
  })

const input = builder.inputType('IngestDetectionsInput', {
  fields: (t) => ({
    source: t.string({ required: true, description: 'The name of the sensor or feed.' }),
    detections: t.field({
      type: [ingestDetectionInput],
      description: 'In our own words. Give these or `records`.',
    }),
    format: t.string({
      description: `What the records are: ${formats.map(({ name }) => name).join(', ')}.`,
    }),
    records: t.field({
      type: ['JSON'],
      description:
        'In the words of the sensor, as `POST /ingest/{format}` takes them. Give these or `detections`.',
    }),
  }),
})

builder.mutationField('ingestDetections', (t) =>
  t.field({
    type: payloadRef,
    permission: 'ingest',
    description: `Stores what a sensor reports, ${MOST_DETECTIONS} detections at most. A bad one does not keep the others out; delivering the same twice changes nothing.`,
    args: { input: t.arg({ type: input, required: true }) },
    resolve: (_, { input: given }, context) =>
      expecting(async () => {
        const { source } = given
        const { items, parse } = toItems(given)
        checkInput(source, items)
        const results: IngestResult[] = []
        const good: IndexedReport[] = []
        items.forEach((item, index) => {
          const report = tryParse(() => parse(item))
          if (report instanceof DomainError) results.push({ ...NOTHING, index, error: report })
          else good.push({ index, report })
        })
        for (let from = 0; from < good.length; from += BATCH) {
          const batch = good.slice(from, from + BATCH)
          for (const stored of await ingestReports(context.deps.database, source, batch, originOf(context))) {
            const outcome = stored.outcome.toUpperCase() as Uppercase<IngestOutcome['outcome']>
            results.push({ index: stored.index, detectionId: stored.detectionId, outcome, error: null })
          }
        }
        return { results: results.toSorted((left, right) => left.index - right.index) }
      }),
  }),
)

const NOTHING = { outcome: null, detectionId: null } as const

interface Items {
  readonly items: readonly unknown[]
  readonly parse: (item: unknown) => DetectionReport
}

/** What is to be stored, and how each is read. */
function toItems({ detections, format: name, records }: typeof input.$inferInput): Items {
  if ((detections ?? null) !== null && (records ?? null) === null) {
    const parse = (item: unknown): DetectionReport =>
      parseReport(toReportInput(item as IngestDetection), (path) => path.join('.'))
    return { items: detections ?? [], parse }
  }
  const format = findFormat(name ?? '')
  if ((detections ?? null) === null && (records ?? null) !== null && format !== null) {
    return { items: records ?? [], parse: (item) => format.parse(item) }
  }
  const names = formats.map((known) => known.name).join(', ')
  const message = `Give either detections, or records and their format (${names}).`
  throw new InvalidInput(message, [{ path: format === null ? 'format' : 'detections', message }])
}

function tryParse(parse: () => DetectionReport): DetectionReport | DomainError {
  try {
    return parse()
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
}

function checkInput(source: string, detections: readonly unknown[]): void {
  const issues = [
    ...(source.trim() === '' ||
    source.length > LONGEST_SOURCE ||
    !source.isWellFormed() ||
    source.includes('\0')
      ? [{ path: 'source', message: `must be well-formed text of 1 to ${LONGEST_SOURCE} characters` }]
      : []),
    ...(detections.length > MOST_DETECTIONS
      ? [{ path: 'detections', message: `${MOST_DETECTIONS} are the most at once, not ${detections.length}` }]
      : []),
  ]
  if (issues.length === 0) return
  throw new InvalidInput(issues.map(({ path, message }) => `${path}: ${message}`).join('; '), issues)
}
