import { InvalidSettings } from './errors.ts'

const VARIABLE = '$ticket_id'

/**
 * What is wrong with a ticket URL template, as a sentence, or `null` when it can be used: a complete http or https URL
 * that contains `$ticket_id` after its host name and carries no user name or password.
 */
export function ticketUrlTemplateProblem(template: string): string | null {
  if (!template.includes(VARIABLE)) {
    return `The URL template must contain ${VARIABLE} where the ticket's id goes, for example https://jira.example.com/browse/${VARIABLE}.`
  }
  if (/[\s\p{Cc}]/u.test(template)) return 'The URL template must not contain white space.'
  if (!/^https?:\/\//i.test(template)) {
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(template)?.[1]
    return scheme === undefined
      ? 'The URL template must be a complete URL that begins with http:// or https://.'
      : `The URL template must begin with http:// or https://; ${scheme}: is refused.`
  }
  const authority = template.slice(template.indexOf('//') + 2).split(/[/?#\\]/, 1)[0] ?? ''
  if (authority.includes(VARIABLE)) return `${VARIABLE} must come after the host name.`
  const url = URL.parse(template.replaceAll(VARIABLE, '1'))
  if (url === null || url.hostname === '') return 'The URL template is not a valid URL.'
  if (url.username !== '' || url.password !== '')
    return 'The URL template must not carry a user name or password.'
  // Parsers find a host where a reader sees none, for instance after three slashes.
  if (URL.parse(template.replaceAll(VARIABLE, '2'))?.origin !== url.origin)
    return `${VARIABLE} must come after the host name.`
  return null
}

/**
 * The address of a ticket: the template with every `$ticket_id` replaced by the id, percent-encoded so that no id can
 * leave its place in the URL. `null` for the ids `.` and `..`, which URL parsers resolve even when they are encoded.
 *
 * @throws InvalidSettings when the template cannot be used.
 */
export function ticketUrl(template: string, ticketId: string): string | null {
  const problem = ticketUrlTemplateProblem(template)
  if (problem !== null) throw new InvalidSettings(problem, [{ path: 'ticketUrlTemplate', message: problem }])
  if (ticketId === '.' || ticketId === '..') return null
  const encoded = encodeURIComponent(ticketId.toWellFormed())
  return template.replaceAll(VARIABLE, () => encoded)
}
