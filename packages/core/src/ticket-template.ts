import type { Detection } from './detection.ts'
import type { JsonObject, JsonValue } from './json-value.ts'
import {
  fromMarkdown,
  singleLine,
  visibleText,
  type Block,
  type RichText,
  type TextRun,
} from './rich-text.ts'
import { priorityFor, type SyncMappings } from './sync-mappings.ts'
import type { Backlink, DedupeKey, TicketDraft, TicketName } from './ticket.ts'

/** The variables that templates of a connection may use, written with a `$` before them. */
export const ticketTemplateVariables = [
  'detection_id',
  'external_id',
  'source',
  'title',
  'type',
  'risk_score',
  'categories',
  'offenders',
  'victims',
  'techniques',
  'url',
] as const

/** The detection's content as its ticket should show it. */
export interface TicketText {
  readonly summary: string
  readonly description: RichText
  readonly priority: string | null
  readonly labels: readonly string[]
}

/**
 * What a ticket should say of a detection; `detectionUrl` is the detection's page here, or `null`. Tickets that the
 * detection had before are named.
 */
export function ticketText(
  detection: Detection,
  mappings: SyncMappings,
  detectionUrl: string | null,
  previousTickets: readonly TicketName[] = [],
): TicketText {
  const values = variables(detection, detectionUrl)
  return {
    // Ticketing systems need a summary, and a template may come out empty.
    summary: singleLine(fill(mappings.template.summary, values), 500) || `Detection ${detection.detectionId}`,
    description: describe(detection, detectionUrl, previousTickets),
    priority: priorityFor(mappings, detection.riskScore),
    labels: [
      ...new Set(
        mappings.template.labels
          .map((label) => singleLine(fill(label, values), 200).replaceAll(/\s/gu, '_'))
          .filter((label) => label !== ''),
      ),
    ],
  }
}

/** The ticket to create for a detection. */
export function ticketDraft(
  detection: Detection,
  mappings: SyncMappings,
  dedupeKey: DedupeKey,
  detectionUrl: string | null,
  previousTickets: readonly TicketName[] = [],
): TicketDraft {
  const values = variables(detection, detectionUrl)
  return {
    dedupeKey,
    ...ticketText(detection, mappings, detectionUrl, previousTickets),
    fields: fillAll(mappings.template.fields, values) as JsonObject,
    backlink: backlinkTo(detection, dedupeKey, detectionUrl),
  }
}

/** The link back from a ticket to its detection. */
export function backlinkTo(
  detection: Detection,
  dedupeKey: DedupeKey,
  detectionUrl: string | null,
): Backlink {
  return {
    dedupeKey,
    url: detectionUrl,
    title: singleLine(`Detection ${detection.detectionId}: ${detection.title}`, 250),
  }
}

type Values = Readonly<Record<(typeof ticketTemplateVariables)[number], string>>

function variables(detection: Detection, detectionUrl: string | null): Values {
  const names = (role: 'offender' | 'victim'): string =>
    detection.participants
      .filter((participant) => participant.role === role)
      .map((participant) => participant.hostname ?? participant.objectValue ?? '')
      .filter((name) => name !== '')
      .join(', ')
  return {
    detection_id: detection.detectionId,
    external_id: detection.externalId,
    source: detection.source,
    title: detection.title,
    type: detection.type,
    risk_score: detection.riskScore === null ? '' : String(detection.riskScore),
    categories: detection.categories.join(', '),
    offenders: names('offender'),
    victims: names('victim'),
    techniques: detection.mitreTechniques.map(({ id }) => id).join(', '),
    url: detectionUrl ?? detection.url ?? '',
  }
}

const PLACEHOLDER = new RegExp(
  `\\$(${[...ticketTemplateVariables].sort((a, b) => b.length - a.length).join('|')})\\b`,
  'gu',
)

function fill(template: string, values: Values): string {
  return template.replaceAll(PLACEHOLDER, (_, name: keyof Values) => values[name])
}

function fillAll(value: JsonValue, values: Values): JsonValue {
  if (typeof value === 'string') return fill(value, values)
  if (value === null || typeof value !== 'object') return value
  if (isList(value)) return value.map((item) => fillAll(item, values))
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fillAll(item, values)]))
}

function isList(value: readonly JsonValue[] | JsonObject): value is readonly JsonValue[] {
  return Array.isArray(value)
}

function describe(
  detection: Detection,
  detectionUrl: string | null,
  previousTickets: readonly TicketName[],
): RichText {
  const facts: (readonly TextRun[])[] = [fact('Detection', detection.detectionId, detectionUrl)]
  if (detection.riskScore !== null) facts.push(fact('Risk score', String(detection.riskScore)))
  if (detection.categories.length > 0) facts.push(fact('Categories', detection.categories.join(', ')))
  for (const participant of detection.participants.slice(0, 50)) {
    const name = [participant.hostname, participant.objectValue].filter(Boolean).join(' ')
    facts.push(
      fact(
        participant.role === null ? 'Participant' : titleCase(participant.role),
        name === '' ? 'unknown' : name,
      ),
    )
  }
  const omitted = detection.participants.length - 50
  if (omitted > 0) facts.push(fact('Participants', `${omitted} more`))
  for (const entry of detection.mitreTechniques.slice(0, 20)) {
    facts.push(fact('MITRE technique', [entry.id, entry.name].filter(Boolean).join(' ')))
  }
  for (const { key, url } of previousTickets) facts.push(fact('Earlier ticket', key, url))
  const sensorPage: Block[] =
    detection.url === null || !/^https?:\/\//i.test(detection.url)
      ? []
      : [{ kind: 'paragraph', runs: [{ text: 'Open in the sensor', href: detection.url }] }]
  return [...fromMarkdown(detection.description ?? ''), { kind: 'list', items: facts }, ...sensorPage]
}

function fact(name: string, value: string, href: string | null = null): readonly TextRun[] {
  const text = visibleText(value)
  return [{ text: `${name}: `, bold: true }, href === null ? { text } : { text, href }]
}

function titleCase(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
