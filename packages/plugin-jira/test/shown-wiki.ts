import type { ShownText } from '@tripline/adapter-testkit'

const PROTECTED = 0xe0_00

/**
 * Reads wiki text as Jira's renderer would, written apart from the code that makes it: escaped characters and entities are put out
 * of the way, our own markup is taken off, and what is still markup after that is active.
 */
export function shownWiki(wiki: string, allowedLinks: RegExp): ShownText {
  const active: string[] = []
  const lookFor = (patterns: readonly RegExp[]): void => {
    for (const pattern of patterns) {
      const match = pattern.exec(text)
      if (match !== null) active.push(text.slice(Math.max(0, match.index - 10), match.index + 20))
    }
  }
  let text = wiki
    .replaceAll(/\\([!-/:-@[-`{-~])/gu, (_, character: string) => protect(character))
    .replaceAll(/&#(\d+);/gu, (_, code: string) => protect(String.fromCharCode(Number(code))))
    .replaceAll('&amp;', protect('&'))
    .replaceAll(/\[([^\]|[]*)\|([^\]|[]*)\]/gu, (_, label: string, address: string) => {
      if (!allowedLinks.test(address)) active.push(`link to ${address}`)
      return `{*}${label}{*}`
    })
  lookFor([
    /\w:\/\/\w/u,
    /\bmailto:/u,
    /^\s*(?:h[124-6]|bq)\./mu,
    /[:;][()PD]/u,
    /\((?:x|i|y|n|\/|!|\+|-|\?|on|off)\)/u,
  ])
  text = text
    .replaceAll('{*}', '')
    .replaceAll(/\{\{|\}\}/gu, '')
    .replaceAll(/^h3\. /gmu, '')
    .replaceAll(/^\* /gmu, '')
  lookFor([/[{}[\]|*_^~?!#@\\+-]/u, /^\s*h3\./mu])
  text = text.replaceAll(/[\uE000-\uE0FF]/gu, (character) =>
    String.fromCharCode(character.charCodeAt(0) - PROTECTED),
  )
  return { text, active }
}

const protect = (character: string): string => String.fromCharCode(character.charCodeAt(0) + PROTECTED)
