import { delimiter } from 'node:path'
import type { Exchange } from '@tripline/adapter-testkit/simulator'
import type { Violation } from '@tripline/adapter-testkit/openapi'
import type { JiraSettings } from '../src/index.ts'
import { readAtlassianDocument, type AtlassianDocument } from '../src/simulator/atlassian-document.ts'

interface TrafficCheck {
  readonly onExchange: (exchange: Exchange) => void
  /** @throws Error listing what left the specification */
  verify(): void
}

let documents: Promise<readonly AtlassianDocument[]> | undefined

/** The documents are Atlassian's, and are not part of this repository. */
function readDocuments(): Promise<readonly AtlassianDocument[]> {
  const paths = (process.env['TRIPLINE_JIRA_SPECS'] ?? '').split(delimiter).filter((path) => path !== '')
  documents ??= Promise.all(paths.map((path) => readAtlassianDocument(path)))
  return documents
}

/**
 * Checks all traffic against Atlassian's OpenAPI documents when their paths are given by the environment variable
 * TRIPLINE_JIRA_SPECS, as a list like PATH.
 */
export async function trafficCheck(deployment: JiraSettings['deployment']): Promise<TrafficCheck> {
  const document = (await readDocuments()).find(({ flavour }) => flavour === deployment)
  if (document === undefined) return { onExchange: () => {}, verify: () => {} }
  const { check } = document
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
