import { Rejected } from '@tripline/core'
import { isRecordId, toLongId } from './record-id.ts'

/** How a case is looked up. */
export type CaseReference = { readonly field: 'Id' | 'CaseNumber'; readonly value: string }

/**
 * The case in what a person gave: a case number, an id of 15 or 18 characters, or an address of the organisation, of
 * Lightning Experience (`/lightning/r/Case/500…/view`) or of the classic one (`/500…`).
 *
 * @param hosts of the organisation
 * @throws Rejected saying what is wrong with it
 */
export function parseCaseReference(reference: string, hosts: readonly string[]): CaseReference {
  const text = reference.trim()
  if (text === '')
    throw new Rejected('The reference is empty; a case number or the address of a case is needed.')
  if (/^\d{1,30}$/u.test(text)) return { field: 'CaseNumber', value: text }
  const id = caseIdIn(text)
  if (id !== null) return { field: 'Id', value: id }
  const url = URL.parse(text)
  if (url === null || !/^https?:$/u.test(url.protocol)) {
    throw new Rejected('The reference is no case number (such as 00001026), no id and no address of a case.')
  }
  if (!hosts.includes(url.host)) {
    throw new Rejected(
      `The reference leads to ${url.host}, which is not the connected organisation (${hosts.join(', ')}).`,
    )
  }
  // A console keeps the case in its workspace, or behind the fragment.
  const places = [url.pathname, url.searchParams.get('ws') ?? '', decoded(url.hash.slice(1))]
  for (const place of places) {
    for (const segment of place.split(/[/?&=]/u)) {
      const found = caseIdIn(segment)
      if (found !== null) return { field: 'Id', value: found }
    }
  }
  throw new Rejected('The address is of the connected organisation, but names no case.')
}

/** The hosts at which an organisation shows its cases: its My Domain, and that of Lightning Experience. */
export function caseHosts(urls: readonly string[]): readonly string[] {
  const hosts = urls
    .map((url) => new URL(url).host)
    .filter((host) => !/^(?:login|test)\.salesforce\.com$/u.test(host))
  return [
    ...new Set(
      hosts.flatMap((host) => [host, host.replace(/\.my\.salesforce\.com$/u, '.lightning.force.com')]),
    ),
  ]
}

function caseIdIn(text: string): string | null {
  return isRecordId(text, ['500']) ? toLongId(text) : null
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
