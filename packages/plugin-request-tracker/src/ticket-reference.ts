import { Rejected, type TicketRef } from '@tripline/core'

const NUMBER = /^#?([1-9]\d{0,9})$/u

/**
 * The number of a ticket in what a person gave: a number, or an address of a ticket's page.
 *
 * @throws Rejected saying what is wrong with it
 */
export function parseTicketReference(reference: string, baseUrl: string): string {
  const text = reference.trim()
  if (text === '')
    throw new Rejected('The reference is empty; a number such as 17 or the address of a ticket is needed.')
  const number = NUMBER.exec(text)?.[1]
  if (number !== undefined) return number
  const url = URL.parse(text)
  if (url === null || !/^https?:$/u.test(url.protocol))
    throw new Rejected('The reference is no number of a ticket and no address of one.')
  const site = new URL(baseUrl)
  const path = site.pathname.replace(/\/$/u, '')
  if (site.host !== url.host || !url.pathname.startsWith(`${path}/`)) {
    throw new Rejected(`The reference leads to ${url.host}, which is not the connected RT (${site.host}).`)
  }
  // Display.html, Modify.html, History.html and the mobile pages all name the ticket alike.
  const page = url.pathname.slice(path.length)
  const found = NUMBER.exec(url.searchParams.get('id') ?? '')?.[1]
  if (found === undefined || !/^\/(?:m\/|SelfService\/)?(?:ticket\/|Display\.html|Ticket\/)/iu.test(page))
    throw new Rejected('The address is of the connected RT, but names no ticket.')
  return found
}

/** @throws Rejected for an id that RT cannot have given: in a path it would address something else. */
export function ticketNumber(ref: Pick<TicketRef, 'id'>): string {
  if (!/^[1-9]\d{0,9}$/u.test(ref.id))
    throw new Rejected('The ticket id is none of RT, where ids are numbers.')
  return ref.id
}
