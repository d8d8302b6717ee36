import { createHash } from 'node:crypto'
import {
  Rejected,
  ticketIdSchema,
  type TicketRef,
  Unauthorized,
  type WebhookHint,
  type WebhookRequest,
} from '@tripline/core'
import { SaxesParser } from 'saxes'
import { isRecordId, toLongId } from './record-id.ts'
import type { SalesforceSettings } from './settings.ts'

const OUTBOUND = 'http://soap.sforce.com/2005/09/outbound'
const MAX_NOTIFICATIONS = 100
const MAX_DEPTH = 20

/** What Salesforce wants to hear; it repeats the message for a day otherwise. */
const acknowledgement = {
  contentType: 'text/xml; charset=utf-8',
  body: `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><notificationsResponse xmlns="${OUTBOUND}"><Ack>true</Ack></notificationsResponse></soapenv:Body></soapenv:Envelope>`,
}

interface OutboundMessage {
  readonly organizationId: string
  readonly notificationIds: readonly string[]
  readonly cases: readonly TicketRef[]
}

/**
 * Reads an outbound message. Salesforce signs none: the address is what has to stay secret, the organisation's id has to be
 * the right one, and all that a forged message achieves is one read of a case.
 *
 * @see https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging_wsdl.htm
 */
export function readOutboundMessage(
  request: WebhookRequest,
  { organizationId }: SalesforceSettings,
): WebhookHint {
  const message = parseMessage(request.body)
  if (organizationId === undefined) {
    throw new Unauthorized(
      "Outbound messages are not taken: the connection's settings name no organisation id.",
    )
  }
  if (message.organizationId !== toLongId(organizationId)) {
    throw new Unauthorized('The outbound message is of another organisation than the one in the settings.')
  }
  return { tickets: message.cases, deliveryId: deliveryId(message.notificationIds), answer: acknowledgement }
}

/** A repetition may be bundled with other notifications, and is another delivery then. */
function deliveryId(notificationIds: readonly string[]): string | null {
  const [only, ...others] = notificationIds
  if (only === undefined || others.length === 0) return only ?? null
  return createHash('sha256').update(notificationIds.toSorted().join(' ')).digest('hex')
}

function parseMessage(body: Uint8Array): OutboundMessage {
  const found = {
    organizationId: [] as string[],
    notificationIds: [] as string[],
    cases: new Map<string, TicketRef>(),
  }
  let current = { id: '', key: '' }
  readElements(body, (path, text) => {
    switch (path) {
      case 'notifications/OrganizationId':
        found.organizationId.push(text.trim())
        return
      case 'notifications/Notification/Id':
        found.notificationIds.push(text.trim())
        return
      case 'notifications/Notification/sObject/Id':
        current.id = text.trim()
        return
      case 'notifications/Notification/sObject/CaseNumber':
        current.key = text.trim()
        return
      case 'notifications/Notification': {
        const id = isRecordId(current.id, ['500']) ? toLongId(current.id) : null
        if (id === null) throw notUnderstood('a notification is about no case')
        found.cases.set(id, { id: ticketIdSchema.parse(id), key: current.key === '' ? id : current.key })
        current = { id: '', key: '' }
      }
    }
  })
  const [sender, ...others] = found.organizationId
  const organizationId = toLongId(sender ?? '')
  if (organizationId === null || others.length > 0) throw notUnderstood('it names no organisation')
  const count = found.notificationIds.length
  if (count === 0 || count > MAX_NOTIFICATIONS) throw notUnderstood(`it has ${count} notifications`)
  return { organizationId, notificationIds: found.notificationIds, cases: [...found.cases.values()] }
}

/**
 * Walks through a document, and tells of every element inside of the outbound message when it ends. Entities are never
 * expanded: a document that declares its own is refused.
 */
function readElements(body: Uint8Array, ended: (path: string, text: string) => void): void {
  const parser = new SaxesParser({ xmlns: true })
  const open: { name: string; text: string }[] = []
  parser.on('error', (error) => {
    throw notUnderstood(`it is no XML (${error.message.slice(0, 100)})`)
  })
  parser.on('doctype', () => {
    throw notUnderstood('it declares a document type')
  })
  parser.on('opentag', ({ local, uri }) => {
    if (open.length === MAX_DEPTH) throw notUnderstood('it is nested too deeply')
    // What a sender adds in a namespace of its own must not pass for the message.
    const isOurs =
      uri === OUTBOUND ||
      uri === 'urn:sobject.enterprise.soap.sforce.com' ||
      uri.startsWith('http://schemas.xmlsoap.org/')
    open.push({ name: isOurs ? local : `{${uri}}${local}`, text: '' })
  })
  const addText = (text: string): void => {
    const element = open.at(-1)
    if (element !== undefined) element.text += text
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => {
    const path = open.map(({ name }) => name)
    const element = open.pop()
    if (element !== undefined && path.slice(0, 2).join('/') === 'Envelope/Body') {
      ended(path.slice(2).join('/'), element.text)
    }
  })
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw notUnderstood('it is no UTF-8')
  }
  parser.write(text).close()
}

const notUnderstood = (why: string): Rejected =>
  new Rejected(`The outbound message is not understood: ${why}.`)
