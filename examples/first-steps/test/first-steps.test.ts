import { readFile } from 'node:fs/promises'
import { expect, it, vi } from 'vitest'
import { comparable, readCommands } from '../src/commands.ts'
import { startDev } from '../src/running-dev.ts'
import { openShell } from '../src/shell.ts'

// A start from nothing, on a machine that may be busy with everything else that is tested.
const TEST_MS = 300_000
const ANSWER_MS = 90_000

const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8')

it('does and answers what the README says, command by command', { timeout: TEST_MS }, async () => {
  const commands = readCommands(readme)
  expect(commands.length).toBeGreaterThan(6)
  await using dev = await startDev()
  const terminal = { directory: dev.directory, env: { PORT: String(dev.port) } }
  await using second = openShell(terminal)
  await using third = openShell(terminal)
  for (const { text, mode, answer } of commands) {
    if (mode === 'watch') {
      await third.run(commands[0]?.text ?? '')
      third.begin(text)
      // The server greets a subscription with a comment.
      await vi.waitFor(() => expect(third.output()).toContain(':'), ANSWER_MS)
    } else if (mode === 'until answered') {
      await vi.waitFor(
        async () => expect(comparable(await second.run(text))).toEqual(comparable(answer ?? '')),
        { timeout: ANSWER_MS, interval: 500 },
      )
    } else {
      const output = await second.run(text)
      if (answer !== null) expect(comparable(output)).toEqual(comparable(answer))
    }
  }
  await vi.waitFor(() => expect(statusesIn(third.output()).at(-1)).toBe('CLOSED'), ANSWER_MS)
  expect(third.output()).not.toContain('"errors"')
  expect(updatesIn(third.output())[0]?.event.kind).toBe('DETECTION_CREATED')
  // An update shows the detection as it is, and its ticket may be there before it is told that it was created.
  const statuses = statusesIn(third.output()).filter((status) => status !== 'OPEN')
  expect(statuses).toEqual(['NEW', 'IN_PROGRESS', 'CLOSED'])
})

interface Update {
  readonly event: { readonly kind: string }
  readonly detection: { readonly status: string }
}

/** The updates in a stream of server-sent events, as far as they have come. */
function updatesIn(stream: string): readonly Update[] {
  return [...stream.matchAll(/^data: (?<json>.+)$/gmu)].map(({ groups }) => {
    const { data } = JSON.parse(groups?.['json'] ?? '') as {
      readonly data: { readonly detectionUpdated: Update }
    }
    return data.detectionUpdated
  })
}

/** The statuses that an observer sees, one after the other. */
function statusesIn(stream: string): readonly string[] {
  const statuses = updatesIn(stream).map(({ detection }) => detection.status)
  return statuses.filter((status, index) => status !== statuses[index - 1])
}
