import { z } from 'zod'

/** A whole number as 64-bit clients have it, also beyond what JavaScript holds. */
const int64 = z.int()
const milliseconds = int64.describe('Milliseconds since 1970.')
const text = z.string()

const participantSchema = z.strictObject({
  id: int64,
  object_type: z.enum(['device', 'application', 'ipaddr']),
  object_id: z.union([int64, text]).nullable(),
  object_value: text.nullable(),
  hostname: text.nullable(),
  role: z.enum(['offender', 'victim']).nullable(),
  external: z.boolean(),
  endpoint: z.enum(['client', 'server', 'sender', 'receiver']).nullable(),
  username: text.nullable(),
  scanner_service: text.nullable(),
  usernames: z.array(text),
  origins: z.array(text),
})

const mitreEntrySchema = z.strictObject({
  id: text,
  name: text,
  url: text,
  legacy_ids: z.array(text),
})

/** A detection as it is answered. */
export const detectionSchema = z
  .strictObject({
    id: int64,
    title: text,
    description: text.nullable().describe('Markdown.'),
    type: text,
    categories: z.array(text),
    risk_score: z.int().min(1).max(99).nullable(),
    start_time: milliseconds,
    end_time: milliseconds.nullable().describe('null while it is ongoing.'),
    create_time: milliseconds,
    update_time: milliseconds.describe('The time of the network event that last changed it.'),
    mod_time: milliseconds.describe('The last modification of any kind, tracking included.'),
    status: z.enum(['new', 'in_progress', 'closed', 'acknowledged']).nullable().describe('null is Open.'),
    resolution: z.enum(['action_taken', 'no_action_taken']).nullable(),
    assignee: text.nullable(),
    ticket_id: text.nullable(),
    ticket_url: text.nullable(),
    participants: z.array(participantSchema),
    properties: z.record(text, z.unknown()),
    mitre_tactics: z.array(mitreEntrySchema),
    mitre_techniques: z.array(mitreEntrySchema),
    appliance_id: int64,
    is_user_created: z.boolean(),
    recommended: z.boolean().nullable(),
    recommended_factors: z.array(text),
    url: text,
  })
  .meta({ id: 'Detection' })

/** All that is answered of a detection of which only the id is asked for. */
export const detectionIdOnlySchema = z.strictObject({ id: int64 })
