/** A way to break the gateway that its tests have to notice. */
export interface Mutant {
  /** Below the server's sources. */
  readonly file: string
  /** Occurs once in the file. */
  readonly snippet: string
  readonly replacement: string
}

/** The gateway without one of its safeguards each. */
export const mutants: Readonly<Record<string, Mutant>> = {
  /** Not to store that a create is about to be made: after a crash nobody knows that there may be a ticket. */
  'drop-intent': {
    file: 'tracking/store-new-tickets.ts',
    snippet: 'set create_begun_at = held.since',
    replacement: 'set create_begun_at = null',
  },
  /** To create again at once when an answer was lost, without looking. */
  'create-again': {
    file: 'tracking/reconcile-link.ts',
    snippet: 'if (createSettlesWithinMs === 0) return await this.#create(work)',
    replacement: 'return await this.#create(work)',
  },
  /** To merge two ways: what both sides last agreed on is not known. */
  'drop-base': {
    file: 'tracking/link.ts',
    snippet: 'base: row.base,',
    replacement: 'base: {},',
  },
  /** To work on a link whoever else does. */
  'no-lock': {
    file: 'database/advisory-locks.ts',
    snippet: 'if (held.has(id)) return null\n      held.add(id)',
    replacement:
      'if (id !== null) return { signal: new AbortController().signal, async [Symbol.asyncDispose]() {} }',
  },
  /** To apply a ticket's change to whatever the detection is by now. */
  'blind-inbound': {
    file: 'tracking/track-inbound.ts',
    snippet: 'const error = await attempt(change, expectedVersion)',
    replacement: 'const error = await attempt(change)',
  },
  /** Not to keep what is being written: an answer that is lost makes our own value somebody else's. */
  'forget-sent': {
    file: 'tracking/apply-inbound.ts',
    snippet: 'withoutRefused(baseWhileWriting(plan), link.base, refused)',
    replacement: 'withoutRefused(plan.base, link.base, refused)',
  },
  /** To believe what a webhook says. */
  'trust-webhook': {
    file: 'tracking/webhooks.ts',
    snippet: 'await requestVerification(database, connection.connectionId, hint.tickets, traceId)',
    replacement: `
      const { trackDetections } = await import('../detections/track-detections.ts')
      const { statusFromTicket } = await import('@tripline/core')
      const { issue } = JSON.parse(new TextDecoder().decode(request.body))
      const category = { done: 'done', indeterminate: 'active' }[issue.fields.status.statusCategory.key] ?? 'open'
      const links = await database.selectFrom('ticket_links').selectAll()
        .where('connection_id', '=', connection.connectionId).where('remote_id', '=', String(issue.id)).execute()
      for (const { detection_id: detectionId } of links) {
        const ticket = { status: { ...issue.fields.status, category }, resolution: issue.fields.resolution }
        const change = statusFromTicket(connection.mappings, ticket)
        const origin = {
          actor: { kind: 'connection', name: connection.name }, connectionId: connection.connectionId, traceId,
        }
        await trackDetections(database, [{ detectionId, change }], 'integration', origin)
      }`,
  },
}
