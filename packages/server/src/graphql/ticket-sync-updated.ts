import { builder } from './builder.ts'
import { byHub } from './field-options.ts'
import { ownId } from './node.ts'
import { ticketLinkRef } from './refs.ts'
import { loadRow } from './rows.ts'
import { ticketSyncTopic } from './subscriptions/ticket-sync-topic.ts'

builder.subscriptionField('ticketSyncUpdated', (t) =>
  t.field({
    type: ticketLinkRef,
    nullable: true,
    permission: 'read',
    description:
      'The link between a detection and a ticket, whenever something happens to it or to its detection; of one connection, or of all. null when it was deleted meanwhile.',
    args: { connectionId: t.arg.id() },
    topic: (args) => {
      const id = args['connectionId']
      if (typeof id !== 'string') return ticketSyncTopic(null)
      return ticketSyncTopic(ownId('TicketingConnection', id) ?? id)
    },
    subscribe: byHub,
    resolve: (linkId, _, context, info) => loadRow('TicketLink', String(linkId), context, info),
  }),
)
