import { parseArgs } from 'node:util'
import type { Violation } from '@tripline/adapter-testkit/openapi'
import { readAtlassianDocument } from './atlassian-document.ts'
import { runContractScript } from './contract-script.ts'
import { startJiraSimulator } from './jira-simulator.ts'

const USAGE = `Checks the simulated Jira's traffic against Atlassian's OpenAPI documents.

  --spec FILE   an OpenAPI document of Jira Cloud (version 2 or 3) or Data Center, plain or gzipped; may be repeated
`

/** Prints what is wrong, and answers how many things are. */
async function checkAgainst(path: string): Promise<number> {
  const { flavour, apiVersion, check } = await readAtlassianDocument(path)
  const violations: Violation[] = []
  const simulator = await startJiraSimulator({
    flavour,
    onExchange: (exchange) => void violations.push(...check(exchange)),
  })
  try {
    const surprises = await runContractScript(simulator, apiVersion, flavour === 'cloud')
    for (const { method, path: at, expected, actual, body } of surprises) {
      print(`${method} ${at}: answered ${actual} where ${expected} was expected: ${body.slice(0, 300)}`)
    }
    for (const { method, path: at, where, status, pointer, message } of violations) {
      print(
        `${method} ${at}: ${where}${where === 'answer' ? ` ${status}` : ''} ${pointer || '(whole)'} ${message}`,
      )
    }
    const { requests, answers, outside, undeclared, operations } = check.counts
    print(
      `${flavour} version ${apiVersion}: ${requests} requests and ${answers} answers of ${operations.size} operations checked, ${violations.length} violations`,
    )
    for (const [what, times] of outside) print(`  not in the document: ${what} (${times})`)
    for (const [what, times] of undeclared) print(`  status not in the document: ${what} (${times})`)
    return surprises.length + violations.length
  } finally {
    await simulator.close()
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

const { values } = parseArgs({
  options: { spec: { type: 'string', multiple: true }, help: { type: 'boolean' } },
})
const specs = values.spec ?? []
if (values.help === true || specs.length === 0) {
  print(USAGE)
  process.exitCode = values.help === true ? 0 : 2
} else {
  for (const path of specs) {
    if ((await checkAgainst(path)) > 0) process.exitCode = 1
  }
}
