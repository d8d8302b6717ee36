import { adfToText, textToAdf, type AdfDocument } from './adf.ts'

/** Kept the way it came: wiki text through version 2, a document through version 3 of the API. */
export type RichText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'adf'; readonly document: AdfDocument }

export function plainText(value: RichText): string {
  return value.kind === 'text' ? value.text : adfToText(value.document)
}

/** A string in version 2, a document in version 3. */
export function renderRichText(value: RichText | null, apiVersion: '2' | '3'): unknown {
  if (value === null) return null
  if (apiVersion === '2') return plainText(value)
  return value.kind === 'adf' ? value.document : textToAdf(value.text)
}
