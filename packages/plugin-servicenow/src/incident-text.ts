import { plainText, type RichText, visibleText, webLinksOnly } from '@tripline/core'

/** A document as the plain text that ServiceNow shows: addresses are written out only where they lead to the web. */
export function plainIncidentText(document: RichText): string {
  return withoutMarkup(plainText(webLinksOnly(document))).trim()
}

/** The same for a journal, where a name in brackets behind an at sign calls that person. */
export function journalText(document: RichText): string {
  return plainIncidentText(document).replaceAll('@[', '@ [')
}

/**
 * A text in which nothing is markup. ServiceNow shows as HTML what stands between `[code]` and `[/code]`, in journals and
 * wherever a form shows a value as they do.
 *
 * @see https://www.servicenow.com/docs/r/platform-security/instance-security-hardening-settings/sc-allow-embedded-html-code.html
 */
export function withoutMarkup(text: string): string {
  // Whatever follows: a text that is cut behind the word would be a tag only then.
  return visibleText(text).replaceAll(/\[(?=\/?code)/giu, '[ ')
}

/** A text as it was sent, whatever the white space and the ends of lines it was stored with. */
export function writtenText(text: string): string {
  return visibleText(text).trim()
}
