import { afterEach, describe, expect, it } from 'vitest'
import type { SimulatorServer } from '@tripline/adapter-testkit/simulator'
import { post, startCounter } from './counter-simulator.ts'

const running: SimulatorServer[] = []

async function start(seed = 1): Promise<Awaited<ReturnType<typeof startCounter>>> {
  const counter = await startCounter({ seed })
  running.push(counter.server)
  return counter
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

describe('scripted faults', () => {
  it('cut-before-processing ends the connection and changes nothing', async () => {
    const { server, count } = await start()
    server.faults.add('cut-before-processing')
    await expect(post(server)).rejects.toThrow('fetch failed')
    expect(count()).toBe(0)
    expect(server.requests()[0]).toMatchObject({ status: null, fault: 'cut-before-processing' })
  })

  it('cut-after-processing makes the change and loses the answer', async () => {
    const { server, count } = await start()
    server.faults.add('cut-after-processing')
    await expect(post(server)).rejects.toThrow('fetch failed')
    expect(count()).toBe(1)
  })

  it('rate-limited answers 429 with Retry-After only when given', async () => {
    const { server, count } = await start()
    server.faults.add({ kind: 'rate-limited', retryAfterSeconds: 7 })
    server.faults.add('rate-limited')
    const [first, second] = [await post(server), await post(server)]
    expect([first.status, first.headers.get('retry-after')]).toEqual([429, '7'])
    expect([second.status, second.headers.get('retry-after')]).toEqual([429, null])
    expect(count()).toBe(0)
  })

  it('server-error answers the given status, and may make the change all the same', async () => {
    const { server, count } = await start()
    server.faults.add({ kind: 'server-error', status: 504, afterProcessing: true })
    expect((await post(server)).status).toBe(504)
    expect(count()).toBe(1)
  })

  it('html answers a gateway page', async () => {
    const { server } = await start()
    server.faults.add('html')
    const answer = await post(server)
    expect(answer.status).toBe(502)
    expect(answer.headers.get('content-type')).toContain('text/html')
    expect(await answer.text()).toContain('Bad Gateway')
  })

  it('garbled keeps the status and spoils the body', async () => {
    const { server, count } = await start()
    server.faults.add('garbled')
    const answer = await post(server)
    expect(answer.status).toBe(201)
    await expect(answer.json()).rejects.toThrow(SyntaxError)
    expect(count()).toBe(1)
  })

  it('huge sends as much as asked for', async () => {
    const { server } = await start()
    server.faults.add({ kind: 'huge', bytes: 1_000_000 })
    expect((await (await post(server)).text()).length).toBeGreaterThanOrEqual(1_000_000)
  })

  it('huge stops when the client has had enough', async () => {
    const { server } = await start()
    server.faults.add('huge')
    const answer = await post(server)
    await answer.body?.cancel()
    expect((await post(server)).status).toBe(201)
  })

  it('hang keeps the client waiting until it gives up', async () => {
    const { server, count } = await start()
    server.faults.add('hang')
    const waiting = fetch(`${server.url}/count`, { method: 'POST', signal: AbortSignal.timeout(50) })
    await expect(waiting).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(count()).toBe(0)
  })

  it('closing ends a hanging request', async () => {
    const { server } = await start()
    server.faults.add('hang')
    const outcome = post(server).then(
      () => 'answered',
      () => 'ended',
    )
    await expect.poll(() => server.requests().length).toBe(1)
    await server.close()
    expect(await outcome).toBe('ended')
  })

  it('delay answers truly, only later', async () => {
    const { server } = await start()
    server.faults.add({ kind: 'delay', delayMs: 40 })
    const before = performance.now()
    expect(await (await post(server)).json()).toEqual({ count: 1 })
    expect(performance.now() - before).toBeGreaterThanOrEqual(38)
  })

  it('strikes only the method and path it names, as often as it says, after as many as it skips', async () => {
    const { server } = await start()
    server.faults.add({ kind: 'server-error', method: 'post', path: '/things/:name', times: 2, skip: 1 })
    const paths = ['/count', '/things/a', '/things/b', '/things/c', '/things/d']
    const statuses: number[] = []
    for (const path of paths) statuses.push((await post(server, path)).status)
    expect(statuses).toEqual([201, 200, 503, 503, 200])
    expect(server.faults.list()).toMatchObject([{ hits: 2, remaining: 0 }])
  })

  it('strikes only what its predicate names', async () => {
    const { server } = await start()
    server.faults.add({ kind: 'html', matches: (request) => request.rawBody.includes('bad') })
    expect((await post(server, '/count', 'good')).status).toBe(201)
    expect((await post(server, '/count', 'bad')).status).toBe(502)
  })

  it('strikes at the same requests again for the same seed', async () => {
    async function statuses(seed: number): Promise<number[]> {
      const { server } = await start(seed)
      server.faults.add({ kind: 'server-error', probability: 0.5 })
      const seen: number[] = []
      for (let index = 0; index < 20; index++) seen.push((await post(server)).status)
      return seen
    }
    const [first, again, other] = [await statuses(7), await statuses(7), await statuses(8)]
    expect(first).toEqual(again)
    expect(first).not.toEqual(other)
    expect(new Set(first)).toEqual(new Set([201, 503]))
  })
})
