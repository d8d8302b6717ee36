import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { connectionPoliciesSchema, syncMappingsSchema, ticketingRulesSchema } from '@tripline/core'
import { buildSchema, Kind, parse, validate, type OperationDefinitionNode } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { comparable, readCommands, type Command } from '../src/commands.ts'
import { readBlocks, type Block } from '../src/code-blocks.ts'
import { startDev, type RunningDev } from '../src/running-dev.ts'
import { openShell, type ShellOptions } from '../src/shell.ts'

const START_MS = 180_000
const TEST_MS = 120_000

const root = new URL('../../../', import.meta.url)
const names = (await readdir(new URL('docs/', root))).filter((name) => name.endsWith('.md'))
const documents = await Promise.all(
  names.map(async (name) => ({ name, text: await readFile(new URL(`docs/${name}`, root), 'utf8') })),
)
const blocks = documents.flatMap(({ name, text }) => readBlocks(name, text))
const operations = blocks.filter(({ language }) => language === 'graphql')

describe('what the documents show', () => {
  let dev: RunningDev
  let variables: Readonly<Record<string, string>>

  beforeAll(async () => {
    dev = await startDev()
    variables = await knownIds(dev)
  }, START_MS)
  afterAll(() => dev[Symbol.asyncDispose]())

  it.for(operations.map((block) => [block.place, block] as const))(
    '%s: runs',
    { timeout: TEST_MS },
    async ([, block]) => {
      const document = parse(block.text)
      const schema = buildSchema(await readFile(new URL('packages/server/schema.graphql', root), 'utf8'))
      expect(validate(schema, document)).toEqual([])
      if (block.marker?.startsWith('not run') ?? false) return
      const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION)
      if (operation?.operation === 'subscription') return await subscribes(dev, block)
      const answer = await ask(dev, block, variablesOf(operation, variables))
      if (block.marker === 'answered below') {
        const shown = blocks[blocks.indexOf(block) + 1]?.text ?? ''
        return expect(answer).toEqual(JSON.parse(shown))
      }
      expect(answer.errors).toBeUndefined()
      for (const payload of Object.values(answer.data ?? {})) {
        if (operation?.operation === 'mutation') expect(payload).toMatchObject({ error: null })
        else expect(payload).not.toBeNull()
      }
    },
  )

  it.for(
    documents
      .filter(({ text }) => readCommands(text).length > 0)
      .map(({ name, text }) => [name, text] as const),
  )('%s: its commands answer what it says', { timeout: TEST_MS }, async ([, text]) => {
    const directory = `${dev.directory}/commands`
    await mkdir(directory, { recursive: true })
    await writeFile(`${directory}/detections.json`, JSON.stringify(sampleRecords()))
    const program = fileURLToPath(new URL('packages/server/bin/tripline.mjs', root))
    const env = {
      TRIPLINE_URL: dev.url,
      TRIPLINE_API_KEY: dev.apiKey,
      PROGRAM: program,
      TRIPLINE_DATA_DIR: `${dev.directory}/.tripline`,
    }
    const commands = readCommands(text)
    const outputs = await runAll(commands, { directory, env })
    const answers = commands.map(({ answer }, index) => answer ?? outputs[index] ?? '')
    expect(outputs.map(comparable)).toEqual(answers.map(comparable))
  })
})

it.for(
  blocks
    .filter(({ marker }) => ['mappings', 'rules', 'policies'].includes(marker ?? ''))
    .map((block) => [block.place, block] as const),
)('%s: is taken', ([, { marker, text }]) => {
  const schemas = {
    mappings: syncMappingsSchema,
    rules: ticketingRulesSchema,
    policies: connectionPoliciesSchema,
  }
  const schema = schemas[marker as keyof typeof schemas]
  expect(schema.safeParse(JSON.parse(text)).error).toBeUndefined()
})

it('describes every variable of the configuration', async () => {
  const source = await readFile(new URL('packages/server/src/config.ts', root), 'utf8')
  const variables = [...source.matchAll(/^ {2}(?<name>[A-Z][A-Z_]+): variable\(/gmu)].map(
    ({ groups }) => groups?.['name'],
  )
  const described = documents.find(({ name }) => name === 'configuration.md')?.text ?? ''
  expect(variables.length).toBeGreaterThan(10)
  expect(variables.filter((variable) => !described.includes(`| \`${variable}\``))).toEqual([])
})

it('describes every metric', async () => {
  const source = await readFile(new URL('packages/server/src/http/metrics.ts', root), 'utf8')
  const metrics = [...source.matchAll(/name: '(?<name>tripline_[a-z_]+)'/gu)].map(
    ({ groups }) => groups?.['name'],
  )
  const described = documents.find(({ name }) => name === 'operations.md')?.text ?? ''
  expect(metrics.length).toBeGreaterThan(5)
  expect(metrics.filter((metric) => !described.includes(`| \`${metric}\``))).toEqual([])
})

it('links only to files and headings that exist', async () => {
  const files = [
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    ...(await filesBelow('docs')),
    ...(await filesBelow('examples')),
  ]
  const broken: string[] = []
  for (const file of files) {
    const text = await readFile(new URL(file, root), 'utf8')
    for (const { groups } of text.matchAll(/\]\((?<target>[^)\s]+)\)/gu)) {
      const target = groups?.['target'] ?? ''
      if (!/^[a-z]+:/u.test(target) && !(await leadsSomewhere(target, file)))
        broken.push(`${file}: ${target}`)
    }
  }
  expect(broken).toEqual([])
})

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(new URL(`${folder}/`, root), { recursive: true })
  return entries
    .filter((entry) => entry.endsWith('.md') && !entry.includes('node_modules'))
    .map((entry) => `${folder}/${entry}`)
}

async function leadsSomewhere(target: string, file: string): Promise<boolean> {
  const [path = '', heading] = target.split('#')
  const url = path === '' ? new URL(file, root) : new URL(path, new URL(file, root))
  if (heading === undefined) return existsSync(url)
  const text = await readFile(url, 'utf8').catch(() => '')
  const headings = [...text.matchAll(/^#+ (?<title>.+)$/gmu)].map(({ groups }) => groups?.['title'] ?? '')
  return headings.some((title) => anchorOf(title) === heading)
}

/** The anchor that a heading gets where these documents are shown. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

/** Runs commands in one shell, which knows `tripline`; returns what each wrote. */
async function runAll(commands: readonly Command[], options: ShellOptions): Promise<readonly string[]> {
  await using shell = openShell(options)
  await shell.run('tripline() { node "$PROGRAM" "$@"; }')
  const outputs: string[] = []
  for (const { text } of commands) outputs.push((await shell.run(text)).trim())
  return outputs
}

interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null
  readonly errors?: readonly unknown[]
}

async function ask(
  { url, apiKey }: RunningDev,
  { text }: Pick<Block, 'text'>,
  variables: object,
): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: text, variables }),
  })
  return (await response.json()) as Answer
}

/** A subscription is greeted with a comment, or ends with an error. */
async function subscribes({ url, apiKey }: RunningDev, { text }: Block): Promise<void> {
  const leaving = new AbortController()
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
    },
    body: JSON.stringify({ query: text }),
    signal: leaving.signal,
  })
  const first = await response.body?.getReader().read()
  leaving.abort()
  expect(response.status).toBe(200)
  expect(new TextDecoder().decode(first?.value as Uint8Array)).not.toContain('"errors"')
}

/** Ids of the sample data, by the names that variables have in the documents. */
async function knownIds(dev: RunningDev): Promise<Readonly<Record<string, string>>> {
  const text = `{
    ticketingConnections { id }
    untracked: detections(filter: { riskScoreMax: 59 }, first: 1) { nodes { detectionId } }
    ticketed: detections(filter: { riskScoreMin: 60 }, first: 1) { nodes { ticketLinks { id } } }
  }`
  const { data } = (await ask(dev, { text }, {})) as {
    readonly data: {
      readonly ticketingConnections: readonly { readonly id: string }[]
      readonly untracked: { readonly nodes: readonly { readonly detectionId: string }[] }
      readonly ticketed: {
        readonly nodes: readonly { readonly ticketLinks: readonly { readonly id: string }[] }[]
      }
    }
  }
  return {
    connection: data.ticketingConnections[0]?.id ?? '',
    detection: data.untracked.nodes[0]?.detectionId ?? '',
    link: data.ticketed.nodes[0]?.ticketLinks[0]?.id ?? '',
  }
}

/** Variables that have no known value are left out: they are those that may be absent. */
function variablesOf(
  operation: OperationDefinitionNode | undefined,
  known: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const used = operation?.variableDefinitions?.map(({ variable }) => variable.name.value) ?? []
  return Object.fromEntries(Object.entries(known).filter(([name]) => used.includes(name)))
}

function sampleRecords(): readonly object[] {
  return [1, 2].map((id) => ({
    id: 8_000_000_000 + id,
    title: 'Weak Cipher Suite',
    type: 'weak_cipher',
    start_time: Date.UTC(2026, 0, id),
  }))
}
