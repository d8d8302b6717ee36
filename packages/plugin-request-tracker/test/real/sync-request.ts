import { spawnSync } from 'node:child_process'

const PROGRAM = `
let input = ''
for await (const chunk of process.stdin) input += chunk
const { url, ...init } = JSON.parse(input)
const response = await fetch(url, init)
process.stdout.write(JSON.stringify({ status: response.status, text: await response.text() }))
`

/** Requests at once, as probes have to: in a process of its own, while this one waits. */
export function requestNow(
  url: string,
  init: {
    readonly method?: string
    readonly headers: Readonly<Record<string, string>>
    readonly body?: string
  },
): string {
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
    input: JSON.stringify({ url, ...init }),
    encoding: 'utf8',
    maxBuffer: 67_108_864,
  })
  if (child.status !== 0) throw new Error(`${url} cannot be asked: ${child.stderr}`)
  const { status, text } = JSON.parse(child.stdout) as { status: number; text: string }
  if (status >= 300) throw new Error(`${url} answered ${status}: ${text.slice(0, 500)}`)
  return text
}
