import type { z } from 'zod'
import type { Detection, Participant } from './detection.ts'
import { jsonValueSchema, type JsonObject, type JsonValue } from './json-value.ts'

/** What notifications can say of a detection, by the names that templates have for it. Times are milliseconds since 1970. */
export function notificationVariables(detection: Detection, detectionUrl: string | null): JsonObject {
  const { tracking } = detection
  const offenders = detection.participants.filter(({ role }) => role === 'offender')
  const victims = detection.participants.filter(({ role }) => role === 'victim')
  return {
    // Ids stay below what a JSON number can hold.
    id: Number(detection.detectionId),
    title: detection.title,
    type: detection.type,
    description: detection.description,
    risk_score: detection.riskScore,
    time: detection.startTime.getTime(),
    end_time: detection.endTime?.getTime() ?? null,
    update_time: detection.updateTime.getTime(),
    mod_time: detection.modTime.getTime(),
    url: detectionUrl ?? detection.url,
    status: tracking.status === 'open' ? null : tracking.status,
    resolution: tracking.resolution,
    ticket_id: tracking.ticketId,
    assignee: tracking.assignee,
    source: detection.source,
    external_id: detection.externalId,
    is_user_created: detection.isUserCreated,
    recommended: detection.recommended,
    recommended_factors: detection.recommendedFactors,
    categories: detection.categories,
    categories_string: detection.categories.join(', '),
    mitre_techniques: detection.mitreTechniques.map(({ id, name, url }) => ({ id, name, url })),
    mitre_techniques_string: detection.mitreTechniques.map(({ id }) => id).join(', '),
    mitre_tactics: detection.mitreTactics.map(({ id, name, url }) => ({ id, name, url })),
    mitre_tactics_string: detection.mitreTactics.map(({ id }) => id).join(', '),
    participants: detection.participants.map(toJson),
    offenders: offenders.map(nameOf).join(', '),
    victims: victims.map(nameOf).join(', '),
    properties: detection.properties,
  }
}

/** The names of the variables. */
export const notificationVariableNames = [
  'id',
  'title',
  'type',
  'description',
  'risk_score',
  'time',
  'end_time',
  'update_time',
  'mod_time',
  'url',
  'status',
  'resolution',
  'ticket_id',
  'assignee',
  'source',
  'external_id',
  'is_user_created',
  'recommended',
  'recommended_factors',
  'categories',
  'categories_string',
  'mitre_techniques',
  'mitre_techniques_string',
  'mitre_tactics',
  'mitre_tactics_string',
  'participants',
  'offenders',
  'victims',
  'properties',
] as const

/** A template that says everything there is to say. */
export const defaultNotificationTemplate: JsonObject = Object.fromEntries(
  notificationVariableNames.map((name) => [name, `\${${name}}`]),
)

const PLACEHOLDER = /\$\{([^{}]*)\}/gu
const known: ReadonlySet<string> = new Set(notificationVariableNames)

/** Parses a template: any JSON whose placeholders name variables. */
export const notificationTemplateSchema: z.ZodType<JsonValue> = jsonValueSchema.superRefine(
  (template, context) => {
    for (const name of placeholdersIn(template)) {
      if (!known.has(name)) {
        const message = `There is no variable \${${name}}; there are ${notificationVariableNames.join(', ')}`
        context.addIssue({ code: 'custom', message })
      }
    }
  },
)

/**
 * Fills a template. A text that is one placeholder and nothing else becomes the variable's value, whatever its type; within
 * a text, a value is written as text. What comes out has the template's shape whatever a detection says, because the
 * template is JSON and no text: nothing in a detection is ever read as a template or as JSON.
 */
export function fillNotification(template: JsonValue, variables: JsonObject): JsonValue {
  if (typeof template === 'string') return fillText(template, variables)
  if (typeof template !== 'object' || template === null) return template
  if (isList(template)) return template.map((item) => fillNotification(item, variables))
  return Object.fromEntries(
    Object.entries(template).map(([name, item]) => [name, fillNotification(item, variables)]),
  )
}

function fillText(template: string, variables: JsonObject): JsonValue {
  const whole = /^\$\{([^{}]*)\}$/u.exec(template)?.[1]
  if (whole !== undefined) return variables[whole] ?? null
  return template.replaceAll(PLACEHOLDER, (_, name: string) => {
    const value = variables[name] ?? null
    if (value === null) return ''
    return typeof value === 'object' ? JSON.stringify(value) : String(value)
  })
}

function placeholdersIn(template: JsonValue): readonly string[] {
  if (typeof template === 'string') return [...template.matchAll(PLACEHOLDER)].map(([, name = '']) => name)
  if (typeof template !== 'object' || template === null) return []
  return Object.values(template).flatMap((item: JsonValue) => placeholdersIn(item))
}

function isList(value: readonly JsonValue[] | JsonObject): value is readonly JsonValue[] {
  return Array.isArray(value)
}

function toJson(participant: Participant): JsonObject {
  const { role, objectType, objectId, objectValue, hostname, username, external, endpoint } = participant
  return {
    role,
    object_type: objectType,
    object_id: objectId,
    object_value: objectValue,
    hostname,
    username,
    external,
    endpoint,
  }
}

function nameOf({ hostname, objectValue, username }: Participant): string {
  return hostname ?? objectValue ?? username ?? 'unknown'
}
