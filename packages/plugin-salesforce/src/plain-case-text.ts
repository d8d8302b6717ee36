import { plainText, type RichText } from '@tripline/core'

/** A document as the plain text that Salesforce shows: addresses are written out only where they lead to the web. */
export function plainCaseText(document: RichText): string {
  const safe = document.map((block) => {
    switch (block.kind) {
      case 'heading':
        return block
      case 'paragraph':
        return { ...block, runs: block.runs.map(webOnly) }
      case 'list':
        return { ...block, items: block.items.map((item) => item.map(webOnly)) }
    }
  })
  return plainText(safe)
}

type Run = { readonly text: string; readonly href?: string }

function webOnly<Given extends Run>(run: Given): Given {
  if (run.href === undefined) return run
  const url = URL.parse(run.href)
  if (url !== null && /^https?:$/u.test(url.protocol) && /^https?:\/\//iu.test(run.href)) return run
  const { href: _href, ...rest } = run
  return rest as Given
}
