import {
  type ContentField,
  type JsonObject,
  type RefusedChange,
  Rejected,
  type Ticket,
  type TicketChange,
} from '@tripline/core'
import { toLabels, toPlainDescription, toPriority, toSubject } from './rt-mapping.ts'
import type { RequestTrackerSettings } from './settings.ts'
import { refusal, type TicketPart } from './ticket-part.ts'

/** The parts of a change that concern content, and those of them that RT has no place for. */
export function contentParts(
  seen: Ticket,
  change: TicketChange,
  settings: RequestTrackerSettings,
): { readonly parts: readonly TicketPart[]; readonly refused: readonly RefusedChange[] } {
  const { summary, description, priority, labels } = change
  const { descriptionField, labelsField } = settings
  const parts: TicketPart[] = []
  const refused: RefusedChange[] = []
  const add = (field: ContentField, body: JsonObject, wanted: string): void => {
    parts.push(contentPart(seen, field, body, wanted))
  }
  const refuse = (field: ContentField, code: RefusedChange['code'], message: string): void => {
    refused.push(refusal({ field }, code, message))
  }

  if (summary !== undefined) add('summary', { Subject: toSubject(summary) }, toSubject(summary))
  if (description !== undefined) {
    if (descriptionField === undefined) {
      const message =
        'The first message of a ticket cannot be changed in RT; name a custom field for the description in the settings.'
      refuse('description', 'not_editable', message)
    } else {
      const text = toPlainDescription(description, settings)
      add('description', { CustomFields: { [descriptionField]: text } }, text)
    }
  }
  if (priority === null) {
    if (seen.content.priority !== null) {
      const message =
        "A ticket of RT always has a priority, and the queue's default cannot be asked for afterwards."
      refuse('priority', 'invalid_value', message)
    }
  } else if (priority !== undefined) {
    try {
      add('priority', { Priority: toPriority(priority, settings) }, priority)
    } catch (error) {
      if (!(error instanceof Rejected)) throw error
      refuse('priority', 'invalid_value', error.message)
    }
  }
  if (labels !== undefined) {
    if (labelsField === undefined) {
      refuse('labels', 'not_editable', 'RT has no labels; name a custom field for them in the settings.')
    } else {
      const list = toLabels(labels)
      add('labels', { CustomFields: { [labelsField]: list } }, list.join(' '))
    }
  }
  return { parts, refused }
}

function contentPart(seen: Ticket, field: ContentField, body: JsonObject, wanted: string): TicketPart {
  return {
    field,
    body,
    value: (ticket) => ticket.content[field] ?? null,
    expected: seen.content[field],
    wanted,
  }
}
