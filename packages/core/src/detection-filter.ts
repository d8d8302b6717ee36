import { z } from 'zod'
import { detectionStatuses, resolutions } from './detection-status.ts'
import type { Detection } from './detection.ts'
import { isAddress, isInNetwork } from './ip-address.ts'

const strings = z.array(z.string().min(1).max(500)).max(500)

/** What a filter can want of hidden detections. */
export const hiddenModes = ['exclude', 'include', 'only'] as const

const instantRangeSchema = z.object({
  /** At or after this instant. */
  from: z.date().nullish(),
  /** Before this instant. */
  until: z.date().nullish(),
})

/**
 * Parses a filter. Every member that is given must hold; within one member, any of its values. An empty list holds for
 * nothing. Hidden detections are left out unless `hidden` says otherwise.
 */
export const detectionFilterSchema = z.object({
  statuses: z.array(z.enum(detectionStatuses)).nullish(),
  /** `none` holds for detections without a resolution. */
  resolutions: z.array(z.enum([...resolutions, 'none'])).nullish(),
  assignee: z
    .object({ anyOf: strings.nullish(), none: z.boolean().nullish(), me: z.boolean().nullish() })
    .nullish(),
  ticket: z.object({ anyOf: strings.nullish(), none: z.boolean().nullish() }).nullish(),
  types: strings.nullish(),
  /** `sec` holds for `sec` itself and for every category below it, such as `sec.lateral`. */
  categories: strings.nullish(),
  riskScoreMin: z.number().int().nullish(),
  riskScoreMax: z.number().int().nullish(),
  startTime: instantRangeSchema.nullish(),
  updateTime: instantRangeSchema.nullish(),
  modTime: instantRangeSchema.nullish(),
  createTime: instantRangeSchema.nullish(),
  participant: z
    .object({
      /** An address, or a prefix such as `192.168.6.0/24`. */
      address: z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]).nullish(),
      /** A host name; `*.example.com` holds for every name below. */
      hostname: z.string().min(1).max(500).nullish(),
    })
    .nullish(),
  /** Technique ids; `T1078` holds for its sub-techniques too. */
  mitreTechniques: strings.nullish(),
  sources: strings.nullish(),
  /** Whether the sensor recommends looking at it; where it says nothing, it does not. */
  recommended: z.boolean().nullish(),
  /** What of detections that a hiding rule hides: `exclude` (unless given), `include`, or `only` those. */
  hidden: z.enum(hiddenModes).nullish(),
  /** Words that all occur in title, type, external id, participants or the beginning of the description, whatever their case. */
  text: z.string().max(500).nullish(),
})

/** Which detections a list, a subscription or a rule is about; `{}`: all that are not hidden. */
export type DetectionFilter = Readonly<z.output<typeof detectionFilterSchema>>

/** The parts of a detection that filters look at besides its plain members. */
export interface DetectionSearchTerms {
  /** Every text that free text is looked for in, lower-cased, in one line. */
  readonly text: string
  /** IP addresses of the participants, as written. */
  readonly addresses: readonly string[]
  /** Host names of the participants, lower-cased. */
  readonly hostnames: readonly string[]
}

const SEARCHED_DESCRIPTION = 2_000

/** Works out what filters look at. Stores keep it with the detection, so that a query means the same as {@link matchesFilter}. */
export function searchTerms(
  detection: Pick<Detection, 'title' | 'type' | 'description' | 'externalId' | 'participants'>,
): DetectionSearchTerms {
  const hostnames = unique(detection.participants.map(({ hostname }) => hostname?.toLowerCase()))
  const values = unique(detection.participants.map(({ objectValue }) => objectValue?.toLowerCase()))
  const people = unique(
    detection.participants.flatMap(({ username, usernames }) =>
      [username, ...usernames].map((name) => name?.toLowerCase()),
    ),
  )
  const description = (detection.description ?? '').slice(0, SEARCHED_DESCRIPTION)
  const text = [
    detection.title,
    detection.type,
    detection.externalId,
    ...hostnames,
    ...values,
    ...people,
    description,
  ]
    .join(' ')
    .toLowerCase()
    .replaceAll(/\s+/gu, ' ')
    .toWellFormed()
  return { text, addresses: values.filter(isAddress), hostnames }
}

/** The words of a free text filter, lower-cased. */
export function searchWords(text: string): readonly string[] {
  return unique(
    text
      .toLowerCase()
      .split(/\s+/u)
      .filter((word) => word !== ''),
  )
}

/** A filter in which `me` is replaced by a user name. */
export function forViewer(filter: DetectionFilter, username: string): DetectionFilter {
  const { assignee } = filter
  if (!assignee?.me) return filter
  return { ...filter, assignee: { ...assignee, me: false, anyOf: [...(assignee.anyOf ?? []), username] } }
}

/** Whether a detection is among those a filter is about. `me` that {@link forViewer} has not replaced is nobody. */
export function matchesFilter(filter: DetectionFilter, detection: Detection): boolean {
  const { tracking } = detection
  const terms = (): DetectionSearchTerms => searchTerms(detection)
  return (
    given(filter.statuses, (statuses) => statuses.includes(tracking.status)) &&
    given(filter.resolutions, (wanted) => wanted.includes(tracking.resolution ?? 'none')) &&
    given(filter.assignee, (wanted) => isOneOf(wanted, tracking.assignee)) &&
    given(filter.ticket, (wanted) => isOneOf(wanted, tracking.ticketId)) &&
    given(filter.types, (types) => types.includes(detection.type)) &&
    given(filter.categories, (wanted) =>
      detection.categories.some((category) => hasPrefix(wanted, category)),
    ) &&
    given(filter.riskScoreMin, (least) => detection.riskScore !== null && detection.riskScore >= least) &&
    given(filter.riskScoreMax, (most) => detection.riskScore !== null && detection.riskScore <= most) &&
    given(filter.startTime, (range) => isWithin(range, detection.startTime)) &&
    given(filter.updateTime, (range) => isWithin(range, detection.updateTime)) &&
    given(filter.modTime, (range) => isWithin(range, detection.modTime)) &&
    given(filter.createTime, (range) => isWithin(range, detection.createTime)) &&
    given(filter.participant?.address, (wanted) =>
      terms().addresses.some((address) => isInNetwork(wanted, address)),
    ) &&
    given(filter.participant?.hostname, (wanted) =>
      terms().hostnames.some((name) => isHost(wanted.toLowerCase(), name)),
    ) &&
    given(filter.mitreTechniques, (wanted) =>
      detection.mitreTechniques.some(({ id }) => hasPrefix(wanted, id)),
    ) &&
    given(filter.sources, (sources) => sources.includes(detection.source)) &&
    given(filter.recommended, (wanted) => (detection.recommended ?? false) === wanted) &&
    isShown(filter.hidden ?? 'exclude', detection) &&
    given(filter.text, (text) => searchWords(text).every((word) => terms().text.includes(word)))
  )
}

function given<Value>(value: Value | null | undefined, test: (value: Value) => boolean): boolean {
  return value === null || value === undefined || test(value)
}

/** Whether a value is wanted: by name, or as nothing. A filter that asks for neither holds for everything. */
function isOneOf(
  wanted: {
    readonly anyOf?: readonly string[] | null | undefined
    readonly none?: boolean | null | undefined
    readonly me?: boolean | null | undefined
  },
  value: string | null,
): boolean {
  const asksNothing = (wanted.anyOf ?? null) === null && wanted.none !== true && wanted.me !== true
  return asksNothing || (value === null ? wanted.none === true : (wanted.anyOf ?? []).includes(value))
}

function isShown(mode: (typeof hiddenModes)[number], { hiddenBy }: Detection): boolean {
  return mode === 'include' || (mode === 'only') === (hiddenBy !== null)
}

function hasPrefix(wanted: readonly string[], dotted: string): boolean {
  return wanted.some((prefix) => dotted === prefix || dotted.startsWith(`${prefix}.`))
}

function isWithin(range: z.output<typeof instantRangeSchema>, instant: Date): boolean {
  return given(range.from, (from) => instant >= from) && given(range.until, (until) => instant < until)
}

function isHost(wanted: string, hostname: string): boolean {
  return wanted.startsWith('*.') ? hostname.endsWith(wanted.slice(1)) : hostname === wanted
}

function unique(values: readonly (string | null | undefined)[]): readonly string[] {
  return [...new Set(values.filter((value): value is string => typeof value === 'string' && value !== ''))]
}
