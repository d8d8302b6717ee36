import type { Exchange } from '@tripline/adapter-testkit/simulator'
import type { Violation } from '@tripline/adapter-testkit/openapi'
import { readAtlassianDocument } from '../src/simulator/atlassian-document.ts'

const SPECS = { cloud: 'TRIPLINE_JIRA_CLOUD_SPEC', 'data-center': 'TRIPLINE_JIRA_DC_SPEC' } as const

interface TrafficCheck {
  readonly onExchange: (exchange: Exchange) => void
  /** @throws Error listing what left the specification */
  verify(): void
}

const documents = new Map<string, ReturnType<typeof readAtlassianDocument>>()

/**
 * Checks all traffic against Atlassian's OpenAPI document when its path is given by the environment variable
 * TRIPLINE_JIRA_CLOUD_SPEC or TRIPLINE_JIRA_DC_SPEC. The documents are Atlassian's, and are not part of this repository.
 */
export async function trafficCheck(deployment: keyof typeof SPECS): Promise<TrafficCheck> {
  const path = process.env[SPECS[deployment]]
  if (path === undefined) return { onExchange: () => {}, verify: () => {} }
  const document = documents.get(path) ?? readAtlassianDocument(path)
  documents.set(path, document)
  const { check } = await document
  const violations: Violation[] = []
  return {
    onExchange: (exchange) => void violations.push(...check(exchange)),
    verify() {
      if (violations.length === 0) return
      const list = violations.map(
        ({ method, path: at, where, pointer, message }) => `${method} ${at}: ${where} ${pointer} ${message}`,
      )
      throw new Error(`Traffic outside of the specification:\n${[...new Set(list)].join('\n')}`)
    },
  }
}
