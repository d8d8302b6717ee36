import type { AdapterNames } from './adapter-names.ts'

/** A text or a file name of the template, in which everything is called after a vendor called Acme, for another one. */
export function renamed(text: string, { camel, pascal, plugin, title }: AdapterNames): string {
  return text.replaceAll(/(?<=(?<before>[A-Za-z]?))(?<name>[Aa]cme)(?=(?<after>[A-Za-z]?))/gu, (...match) => {
    const { after, before, name } = match.at(-1) as Record<'after' | 'before' | 'name', string>
    if (name === 'acme') return after === '' ? plugin : camel
    return before + after === '' ? title : pascal
  })
}
