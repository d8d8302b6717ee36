import type { Evidence } from './evidence.ts'
import type { Violation } from './invariants/invariant.ts'

const MOST_LINES = 250

/** Everything that happened to what a violation is about, in the order of time, for whoever has to find the cause. */
export function storyOf(evidence: Evidence, { detectionId, issueId }: Violation): readonly string[] {
  const lines: { readonly at: number; readonly text: string }[] = []
  const links = evidence.links.filter((link) => link.detectionId === detectionId)
  const ids = new Set([
    ...(issueId === undefined ? [] : [issueId]),
    ...links.flatMap(({ remoteId }) => remoteId ?? []),
  ])
  for (const { at, eventId, kind, change } of evidence.eventsOf(detectionId ?? '')) {
    lines.push({ at, text: `ledger ${eventId} ${kind} ${JSON.stringify(change)}` })
  }
  for (const { site, issue } of evidence.issues) {
    if (!ids.has(issue.id) || !links.some((link) => evidence.world.siteOf(link.connectionId) === site))
      continue
    for (const { at, author, items } of issue.history) {
      const who = author === site.ownAccount ? 'tripline' : site.jira.user(author).name
      const moves = items.map((item) => `${item.fieldId} ${item.fromString} -> ${item.toString}`).join(', ')
      lines.push({ at, text: `${site.name} ${issue.key} ${who}: ${moves.slice(0, 300)}` })
    }
    for (const { at, method, path, status, fault } of site.requests) {
      // Reads that went well say nothing.
      if (!path.includes(`/${issue.id}`) || (method === 'GET' && status === 200 && fault === null)) continue
      const what = `${method} ${path.slice(0, 120)} ${status ?? 'no answer'}${fault === null ? '' : ` (${fault})`}`
      lines.push({ at, text: `${site.name} request ${what}` })
    }
  }
  const sorted = lines.toSorted((left, right) => left.at - right.at)
  const shown = sorted
    .slice(-MOST_LINES)
    .map(({ at, text }) => `${new Date(at).toISOString().slice(11)} ${text}`)
  return [...links.map((link) => JSON.stringify(link)), ...shown]
}
