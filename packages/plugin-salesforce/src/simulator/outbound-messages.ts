import { escapeHtml, type WebhookSender } from '@tripline/adapter-testkit/simulator'
import type { StoredRecord } from './fields.ts'
import { idOf, type SalesforceOrg } from './org.ts'

/** Who gets outbound messages about cases. */
export interface OutboundEndpoint {
  readonly url: string
  /** Sends a session along, as administrators may choose. */
  readonly sendSessionId?: boolean
}

/** Notifications on their way. */
export interface OutboundMessages {
  register(endpoint: OutboundEndpoint): void
  notify(record: StoredRecord): void
  /** Sends what waits, up to a hundred notifications a message. */
  flush(): void
}

const MAX_NOTIFICATIONS = 100

/** Notifications of one moment go out together. */
export function createOutboundMessages(org: SalesforceOrg, sender: () => WebhookSender): OutboundMessages {
  const endpoints: OutboundEndpoint[] = []
  const waiting: {
    readonly endpoint: OutboundEndpoint
    readonly id: string
    readonly record: StoredRecord
  }[] = []
  let lastId = 0

  const flush = (): void => {
    for (const endpoint of endpoints) {
      const notifications = waiting.filter((one) => one.endpoint === endpoint)
      for (let from = 0; from < notifications.length; from += MAX_NOTIFICATIONS) {
        const body = outboundMessage(org, notifications.slice(from, from + MAX_NOTIFICATIONS), endpoint)
        sender().enqueue({
          url: endpoint.url,
          event: 'notifications',
          body,
          headers: () => ({ 'content-type': 'text/xml; charset=utf-8', soapaction: '""' }),
          isAcknowledged: (answer) => /<Ack>\s*true\s*<\/Ack>/u.test(answer),
        })
      }
    }
    waiting.length = 0
  }

  return {
    register: (endpoint) => void endpoints.push(endpoint),
    notify(record) {
      if (waiting.length === 0) queueMicrotask(flush)
      for (const endpoint of endpoints) waiting.push({ endpoint, id: idOf('04l', (lastId += 1)), record })
    },
    flush,
  }
}

/** A message as Salesforce sends it. */
export function outboundMessage(
  org: Pick<SalesforceOrg, 'id'>,
  notifications: readonly { readonly id: string; readonly record: StoredRecord }[],
  { sendSessionId }: Pick<OutboundEndpoint, 'sendSessionId'> = {},
): string {
  const session =
    sendSessionId === true
      ? `<SessionId>${org.id.slice(0, 15)}!session</SessionId>`
      : '<SessionId xsi:nil="true"/>'
  const bodies = notifications.map(({ id, record }) => {
    const fields = ['Id', 'CaseNumber', 'Status', 'Subject']
      .filter((name) => typeof record[name] === 'string')
      .map((name) => `<sf:${name}>${escapeHtml(String(record[name]))}</sf:${name}>`)
    return `<Notification><Id>${id}</Id><sObject xsi:type="sf:Case" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">${fields.join('')}</sObject></Notification>`
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">',
    '<soapenv:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound">',
    `<OrganizationId>${org.id}</OrganizationId><ActionId>${idOf('04k', 1)}</ActionId>${session}`,
    '<EnterpriseUrl>https://acme.my.salesforce.com/services/Soap/c/62.0</EnterpriseUrl>',
    '<PartnerUrl>https://acme.my.salesforce.com/services/Soap/u/62.0</PartnerUrl>',
    ...bodies,
    '</notifications></soapenv:Body></soapenv:Envelope>',
  ].join('')
}
