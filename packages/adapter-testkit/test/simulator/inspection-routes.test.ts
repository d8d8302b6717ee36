import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { post, startCounter } from './counter-simulator.ts'

describe('the inspection API', () => {
  let counter: Awaited<ReturnType<typeof startCounter>>

  beforeEach(async () => {
    counter = await startCounter()
  })
  afterEach(() => counter.server.close())

  function sim(path: string, init?: RequestInit): Promise<Response> {
    return fetch(`${counter.server.url}/_sim/${path}`, init)
  }

  it('shows the requests without their credentials', async () => {
    await post(counter.server, '/things/a?b=c', 'hello')
    const { requests } = (await (await sim('requests')).json()) as { requests: Record<string, unknown>[] }
    expect(requests).toMatchObject([
      {
        method: 'POST',
        path: '/things/a?b=c',
        body: 'hello',
        status: 200,
        headers: { authorization: '[redacted]' },
      },
    ])
    expect(JSON.stringify(requests)).not.toContain('secret')
  })

  it('lets another process script a fault and take it back', async () => {
    const added = await sim('faults', { method: 'POST', body: '{"kind":"html","times":5}' })
    const { id } = (await added.json()) as { id: string }
    expect((await post(counter.server)).status).toBe(502)
    expect((await sim(`faults/${id}`, { method: 'DELETE' })).status).toBe(204)
    expect((await post(counter.server)).status).toBe(201)
  })

  it('is not struck by faults itself', async () => {
    counter.server.faults.add({ kind: 'cut-before-processing', times: 100 })
    expect((await sim('requests')).status).toBe(200)
  })

  it.each(['{"kind":"sabotage"}', '{"kind":"html","when":"later"}', 'no json'])(
    'refuses the fault %s',
    async (body) => {
      expect((await sim('faults', { method: 'POST', body })).status).toBe(400)
      expect(counter.server.faults.list()).toEqual([])
    },
  )

  it('refuses a change that a page of another site asks for', async () => {
    const foreign = await sim('reset', { method: 'POST', headers: { origin: 'https://elsewhere.example' } })
    expect(foreign.status).toBe(403)
    const own = await sim('reset', { method: 'POST', headers: { origin: counter.server.url } })
    expect(own.status).toBe(204)
  })

  it('shows traffic on a page with everything escaped', async () => {
    await post(counter.server, '/count', '<script>alert(1)</script>')
    const page = await (await sim('page')).text()
    expect(page).toContain('&#60;script&#62;alert(1)')
    expect(page).not.toContain('<script>')
  })

  it('reset clears faults and log', async () => {
    counter.server.faults.add('hang')
    await sim('reset', { method: 'POST' })
    expect(counter.server.faults.list()).toEqual([])
    expect((await post(counter.server)).status).toBe(201)
    expect(counter.server.requests()).toHaveLength(1)
  })
})
