import {
  AccessDenied,
  type Backlink,
  type DedupeKey,
  fitDocument,
  type RichText,
  type TicketComment,
  type TicketRef,
} from '@tripline/core'
import { allOf, condition, ordered } from './encoded-query.ts'
import { backlinkNote } from './incident-mapping.ts'
import { journalText, writtenText } from './incident-text.ts'
import type { ServiceNowClient } from './servicenow-client.ts'
import { type IncidentRecord, journalEntrySchema } from './servicenow-payloads.ts'
import type { ServiceNowSettings } from './settings.ts'
import { incidentId } from './sys-id.ts'

const NOTE_LENGTH = 4_000
const NEAR_MATCHES = 100

/**
 * Adds a comment unless one with this marker is there. The marker is the comment's last line: a journal has no field for it.
 *
 * @throws AccessDenied when journals may not be read, since a repetition could not be told from the first time
 */
export async function addCommentOnce(
  client: ServiceNowClient,
  ref: TicketRef,
  text: RichText,
  marker: DedupeKey,
  { comments }: ServiceNowSettings,
): Promise<TicketComment> {
  const id = incidentId(ref)
  const find = (): Promise<TicketComment | null> =>
    findEntry(client, id, marker, (value) => value.split('\n').at(-1) === marker)
  const earlier = await find()
  if (earlier !== null) return earlier
  await client.updateIncident(id, { [comments]: commentText(text, marker) })
  const added = await find()
  if (added !== null) return added
  throw new AccessDenied(
    `The comment on ${ref.key} was sent and is not in the journal: we may not write ${comments}, or may not read sys_journal_field.`,
    { outcome: 'unknown' },
  )
}

/** Notes the link back to the detection on an incident, once however often it is called; answers the incident. */
export async function putBacklink(
  client: ServiceNowClient,
  incident: IncidentRecord,
  backlink: Backlink,
): Promise<IncidentRecord> {
  const { url } = backlink
  const note = backlinkNote(backlink)
  if (url === null || note === null) return incident
  const noted = await findEntry(client, incident.id, url, (value) => value.split(/\s+/u).includes(url))
  return noted === null ? client.updateIncident(incident.id, { work_notes: note }) : incident
}

/** The newest entry that holds a text and fits. */
async function findEntry(
  client: ServiceNowClient,
  id: string,
  text: string,
  fits: (value: string) => boolean,
): Promise<TicketComment | null> {
  const { rows, total } = await client.list('sys_journal_field', {
    query: allOf(
      condition('element_id', '=', id),
      condition('element', 'IN', ['work_notes', 'comments']),
      condition('value', 'LIKE', text),
      'ORDERBYDESCsys_created_on',
      ordered('sys_id'),
    ),
    fields: ['sys_id', 'value', 'sys_created_on'],
    limit: NEAR_MATCHES,
    schema: journalEntrySchema,
  })
  const entry = rows.find(({ value }) => fits(writtenText(value)))
  if (entry !== undefined) return { id: entry.sys_id, createdAt: entry.sys_created_on }
  if (rows.length === 0 && total !== null && total > 0) {
    throw new AccessDenied(
      'The journal has such an entry, and we may not read it: grant read on sys_journal_field.',
    )
  }
  return null
}

function commentText(text: RichText, marker: DedupeKey): string {
  const signed = (document: RichText): string =>
    journalText([...document, { kind: 'paragraph', runs: [{ text: marker }] }])
  // The marker is what a repetition is recognised by, so that the text makes room for it.
  return signed(fitDocument(text, NOTE_LENGTH, (document) => signed(document).length))
}
