import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startDev, type RunningDev } from '@tripline/example-first-steps/running-dev'
import { expect, it, vi } from 'vitest'
import type { Entry } from '../src/journal.ts'

const TEST_MS = 300_000
const WAIT_MS = 90_000
const KILLS = 4
const SENSORS = 4
const EACH = 40

it('misses nothing and repeats nothing, however often it is killed', { timeout: TEST_MS }, async () => {
  await using dev = await startDev()
  const journal = join(dev.directory, 'journal.ndjson')
  let watcher = startWatcher(dev, journal)
  // The first line says where the journal begins.
  await vi.waitFor(async () => expect(await readJournal(journal)).not.toEqual([]), WAIT_MS)

  const sensing = Promise.all(Array.from({ length: SENSORS }, (_, sensor) => report(dev, sensor)))
  const total = SENSORS * EACH
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const enough = Math.floor((kill * total) / (KILLS + 1))
    await vi.waitFor(async () => expect((await titlesIn(journal)).length).toBeGreaterThan(enough), WAIT_MS)
    await watcher.kill()
    watcher = startWatcher(dev, journal)
  }
  await sensing
  await vi.waitFor(
    async () => expect((await titlesIn(journal)).length).toBeGreaterThanOrEqual(total),
    WAIT_MS,
  )
  await watcher.kill()

  const titles = await titlesIn(journal)
  expect(titles.toSorted()).toEqual(expectedTitles().toSorted())
  for (let sensor = 0; sensor < SENSORS; sensor += 1) {
    const own = titles.filter((title) => title.startsWith(`${sensor}/`))
    expect(own).toEqual(expectedTitles().filter((title) => title.startsWith(`${sensor}/`)))
  }
})

function expectedTitles(): readonly string[] {
  return Array.from({ length: SENSORS * EACH }, (_, index) => `${Math.floor(index / EACH)}/${index % EACH}`)
}

/** Lets one sensor report one detection after the other. */
async function report({ url, apiKey }: RunningDev, sensor: number): Promise<void> {
  for (let number = 0; number < EACH; number += 1) {
    const title = `${sensor}/${number}`
    const record = { externalId: title, title, type: 'watched', startTime: Date.now() }
    const response = await fetch(`${url}/ingest/tripline?source=watched`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}` },
      body: JSON.stringify(record),
    })
    expect(response.status).toBe(200)
  }
}

function startWatcher({ url, apiKey }: RunningDev, journal: string): { kill(): Promise<void> } {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const child = spawn(process.execPath, [main, journal, '{"sources":["watched"]}'], {
    env: { ...process.env, TRIPLINE_URL: url, TRIPLINE_API_KEY: apiKey },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  return {
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** The whole lines of a journal. */
async function readJournal(file: string): Promise<readonly Entry[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Entry)
}

async function titlesIn(file: string): Promise<readonly string[]> {
  return (await readJournal(file)).flatMap(({ update }) => {
    if (update === undefined) return []
    const { event, detection } = update as {
      readonly event: { readonly kind: string }
      readonly detection: { readonly title: string }
    }
    expect(event.kind).toBe('DETECTION_CREATED')
    return [detection.title]
  })
}
