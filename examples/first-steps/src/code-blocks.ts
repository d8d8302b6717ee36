/** A code block of a document. */
export interface Block {
  /** Document and line, for people. */
  readonly place: string
  readonly language: string
  readonly text: string
  /** What the comment right before it says; `null`: there is none. */
  readonly marker: string | null
}

const FENCED = /(?:<!-- (?<marker>[^\n]*?) -->\s*)?^```(?<language>\w+)\n(?<text>[\s\S]*?)^```$/gmu

/** The code blocks of a document that name their language, in order. */
export function readBlocks(name: string, document: string): readonly Block[] {
  return [...document.matchAll(FENCED)].map(({ index, groups }) => ({
    place: `${name}:${document.slice(0, index).split('\n').length}`,
    language: groups?.['language'] ?? '',
    text: groups?.['text'] ?? '',
    marker: groups?.['marker'] ?? null,
  }))
}
