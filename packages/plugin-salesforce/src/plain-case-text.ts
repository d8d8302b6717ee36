import { plainText, type RichText, webLinksOnly } from '@tripline/core'

/** A document as the plain text that Salesforce shows: addresses are written out only where they lead to the web. */
export function plainCaseText(document: RichText): string {
  return plainText(webLinksOnly(document))
}
