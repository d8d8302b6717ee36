import { Rejected, type TicketRef } from '@tripline/core'

const KEY = /^[A-Z][A-Z0-9_]{0,254}-[1-9]\d{0,17}$/u

/**
 * The issue key in what a person gave: a key, or an address of the site (`/browse/SEC-1`, `?selectedIssue=SEC-1`,
 * `/projects/SEC/issues/SEC-1`, a service desk's queue).
 *
 * @throws Rejected saying what is wrong with it
 */
export function parseIssueReference(reference: string, siteUrls: readonly string[]): string {
  const text = reference.trim()
  if (text === '')
    throw new Rejected('The reference is empty; a key such as SEC-17 or the address of an issue is needed.')
  const key = text.toUpperCase()
  if (KEY.test(key)) return key
  const url = URL.parse(text)
  if (url === null || !/^https?:$/u.test(url.protocol)) {
    throw new Rejected('The reference is no issue key (such as SEC-17) and no address of an issue.')
  }
  const site = siteUrls.map((siteUrl) => new URL(siteUrl)).find((candidate) => contains(candidate, url))
  if (site === undefined) {
    const sites = [...new Set(siteUrls.map((siteUrl) => new URL(siteUrl).host))].join(' or ')
    throw new Rejected(`The reference leads to ${url.host}, which is not the connected Jira (${sites}).`)
  }
  const segments = url.pathname.slice(site.pathname.replace(/\/$/u, '').length).split('/').filter(Boolean)
  const at = (index: number): string => segments[index]?.toUpperCase() ?? ''
  const candidates = [
    url.searchParams.get('selectedIssue')?.toUpperCase() ?? '',
    ...(at(0) === 'BROWSE' || at(0) === 'ISSUES' ? [at(1)] : []),
    ...(segments.includes('projects') ? [segments.at(-1)?.toUpperCase() ?? ''] : []),
  ]
  const found = candidates.find((candidate) => KEY.test(candidate))
  if (found === undefined) throw new Rejected('The address is of the connected Jira, but names no issue.')
  return found
}

function contains(site: URL, url: URL): boolean {
  const path = site.pathname.replace(/\/$/u, '')
  return site.host === url.host && (url.pathname === path || url.pathname.startsWith(`${path}/`))
}

/** @throws Rejected for an id that Jira cannot have given: in a path it would address something else. */
export function issueId(ref: TicketRef): string {
  if (!/^\d{1,19}$/u.test(ref.id))
    throw new Rejected('The ticket id is none of Jira, where ids consist of digits.')
  return ref.id
}
