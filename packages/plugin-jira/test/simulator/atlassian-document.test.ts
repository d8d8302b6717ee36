import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { startJiraSimulator } from '@tripline/plugin-jira/simulator'
import type { Violation } from '@tripline/adapter-testkit/openapi'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readAtlassianDocument } from '../../src/simulator/atlassian-document.ts'
import { runContractScript } from '../../src/simulator/contract-script.ts'

const json = (schema: unknown) => ({ description: '', content: { 'application/json': { schema } } })

/** A cut-down document of Cloud's version 3, with one thing in it that is not so. */
const CLOUD = {
  openapi: '3.0.1',
  info: { title: 'Jira', version: '1' },
  paths: {
    '/rest/api/3/issue': {
      post: {
        operationId: 'createIssue',
        requestBody: json({ type: 'object', required: ['fields'] }),
        responses: {
          201: json({
            type: 'object',
            properties: { id: { type: 'integer' }, key: { type: 'string' }, self: { type: 'string' } },
          }),
        },
      },
    },
    '/rest/api/3/issue/{issueIdOrKey}/remotelink': {
      get: {
        operationId: 'getRemoteIssueLinks',
        parameters: [{ name: 'globalId', in: 'query', schema: { type: 'string' } }],
        responses: { 200: json({ type: 'object', required: ['id'] }) },
      },
    },
  },
  components: {
    schemas: {
      ChangeDetails: { type: 'object', properties: { from: {}, fromString: {}, to: {}, toString: {} } },
      User: { type: 'object', properties: { accountId: { type: 'string' } } },
    },
  },
}

async function file(content: string | Buffer): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'spec-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const path = join(directory, 'spec.json')
  await writeFile(path, content)
  return path
}

describe('the contract check', () => {
  it('finds in the simulator’s traffic where it differs from the document, and nothing else', async () => {
    const { flavour, apiVersion, check } = await readAtlassianDocument(
      await file(gzipSync(JSON.stringify(CLOUD))),
    )
    const violations: Violation[] = []
    const simulator = await startJiraSimulator({
      flavour,
      onExchange: (exchange) => void violations.push(...check(exchange)),
    })
    onTestFinished(() => simulator.close())
    expect(await runContractScript(simulator, apiVersion, true)).toEqual([])
    expect(violations).toMatchObject([
      { path: '/rest/api/3/issue', where: 'answer', pointer: '/id', message: 'must be integer' },
    ])
    expect([...check.counts.operations]).toEqual(['createIssue', 'getRemoteIssueLinks'])
  })

  it.each(['{"paths":{}}', '[]'])('takes no document but Jira’s: %s', async (content) => {
    await expect(readAtlassianDocument(await file(content))).rejects.toThrow('spec.json')
  })
})

describe('the contract script', () => {
  it.each(['cloud', 'data-center'] as const)('is answered as it expects by %s', async (flavour) => {
    const simulator = await startJiraSimulator({ flavour })
    onTestFinished(() => simulator.close())
    expect(await runContractScript(simulator, '2', flavour === 'cloud')).toEqual([])
  })
})
