/** A command of a document, as a reader would paste it. */
export interface Command {
  readonly text: string
  /** `once`; `until answered`: again and again until the answer is the one that is shown; `watch`: beside the others. */
  readonly mode: 'once' | 'until answered' | 'watch'
  /** The answer that the document shows; `null`: none. */
  readonly answer: string | null
}

const MARKED = /<!-- first-steps: (?<kind>[a-z ]+) -->\s*```(?:sh|json)\n(?<text>[\s\S]*?)```/gu

/** The commands that a document marks with `<!-- first-steps: ... -->`, in order, each with its answer. */
export function readCommands(document: string): readonly Command[] {
  const commands: Command[] = []
  for (const { groups } of document.matchAll(MARKED)) {
    const text = groups?.['text'] ?? ''
    const kind = groups?.['kind'] ?? ''
    const last = commands.at(-1)
    if (kind === 'answer') {
      if (last === undefined) throw new Error('An answer stands before any command')
      commands[commands.length - 1] = { ...last, answer: text }
    } else commands.push({ text, mode: modeOf(kind), answer: null })
  }
  return commands
}

function modeOf(kind: string): Command['mode'] {
  switch (kind) {
    case 'run':
      return 'once'
    case 'run until answered':
      return 'until answered'
    case 'watch':
      return 'watch'
    default:
      throw new Error(`There is no marker "first-steps: ${kind}"`)
  }
}

/** An answer with what differs from one machine to the next made equal: ticket numbers and ports. */
export function comparable(answer: string): unknown {
  const text = answer.replaceAll(/\bSEC-\d+/gu, 'SEC-1').replaceAll(/127\.0\.0\.1:\d+/gu, '127.0.0.1:1')
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text.trim()
  }
}
