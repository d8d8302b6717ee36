import { Rejected } from '@tripline/core'
import { isSysId } from './sys-id.ts'

/** How an incident is looked up. */
export type IncidentReference = { readonly field: 'sys_id' | 'number'; readonly value: string }

const NUMBER = /^[A-Z]{2,12}\d{4,20}$/u

/**
 * The incident in what a person gave: a number, a sys_id, or an address of the instance, of the classic interface
 * (`/nav_to.do?uri=incident.do?sys_id=…`, `/now/nav/ui/classic/params/target/incident.do…`) or of a workspace
 * (`/now/sow/record/incident/…`).
 *
 * @throws Rejected saying what is wrong with it
 */
export function parseIncidentReference(reference: string, baseUrl: string): IncidentReference {
  const text = reference.trim()
  if (text === '')
    throw new Rejected('The reference is empty; an incident number or the address of an incident is needed.')
  if (isSysId(text.toLowerCase())) return { field: 'sys_id', value: text.toLowerCase() }
  if (NUMBER.test(text.toUpperCase())) return { field: 'number', value: text.toUpperCase() }
  const url = URL.parse(text)
  if (url === null || !/^https?:$/u.test(url.protocol)) {
    throw new Rejected('The reference is no incident number (such as INC0010001), no sys_id and no address.')
  }
  const { host } = new URL(baseUrl)
  if (url.host !== host) {
    throw new Rejected(`The reference leads to ${url.host}, which is not the connected instance (${host}).`)
  }
  const found = incidentIn(`${url.pathname}${url.search}${url.hash}`)
  if (found !== null) return found
  throw new Rejected('The address is of the connected instance, but names no incident.')
}

/** Pages are named within addresses of frames, encoded once for each frame. */
function incidentIn(address: string): IncidentReference | null {
  let text = address
  for (let depth = 0; depth < 4; depth += 1) {
    const record = /\/incident\/([0-9a-f]{32})(?![0-9a-z])/iu.exec(text)?.[1]
    const form = /(?:^|[/=])incident\.do\?(.+)$/iu.exec(text)?.[1]
    const id =
      record ??
      (form === undefined ? undefined : /(?:^|[?&^])sys_id=([0-9a-f]{32})(?![0-9a-z])/iu.exec(form)?.[1])
    if (id !== undefined) return { field: 'sys_id', value: id.toLowerCase() }
    const number =
      form === undefined
        ? undefined
        : /(?:^|[?&^=])number=([a-z]{2,12}\d{4,20})(?![0-9a-z])/iu.exec(form)?.[1]
    if (number !== undefined) return { field: 'number', value: number.toUpperCase() }
    const decoded = decodedOnce(text)
    if (decoded === text) return null
    text = decoded
  }
  return null
}

function decodedOnce(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
