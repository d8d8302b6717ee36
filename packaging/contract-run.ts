import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { runToEnd } from './run.ts'

/** How one case of the contract went. */
export interface ContractResult {
  readonly name: string
  readonly status: string
  /** What a failure says. */
  readonly messages: readonly string[]
}

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      message: z.string(),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()).nullable(),
        }),
      ),
    }),
  ),
})

/** Runs the tests of an adapter, as its `npm test` does. */
export async function runContract(path: string): Promise<readonly ContractResult[]> {
  const report = join(path, 'report.json')
  await runToEnd(['npm', 'test', '--', '--reporter=json', `--outputFile=${report}`], path)
  const { testResults } = reportSchema.parse(JSON.parse(await readFile(report, 'utf8')))
  const broken = testResults.find(({ assertionResults }) => assertionResults.length === 0)
  if (broken !== undefined) throw new Error(`A test file cannot be loaded: ${broken.message}`)
  return testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .map(({ failureMessages, fullName, status }) => ({
      name: fullName,
      status,
      messages: failureMessages ?? [],
    }))
}
